//! scikit-learn's way to draw features without looking again at those known to be constant.

use super::Random;

/// The features of one tree in the order that Fisher-Yates left them, constant ones first.
///
/// A feature constant in a node is constant below it. scikit-learn keeps those of the current node at the
/// front: one that is drawn again counts as drawn but is not looked at.
pub(crate) struct FeatureSampler {
    features: Vec<u16>,
    constant: Vec<u16>,
}

/// The state of drawing in one node.
pub(crate) struct NodeDraw {
    known_constants: usize,
    found_constants: usize,
    drawn_constants: usize,
    remaining: usize,
    visited: usize,
}

impl FeatureSampler {
    /// For a tree that sees these features.
    pub(crate) fn new(features: Vec<u16>) -> FeatureSampler {
        FeatureSampler { constant: features.clone(), features }
    }

    /// Begins a node of which the first `known_constants` features are known to be constant.
    pub(crate) fn begin(&self, known_constants: usize) -> NodeDraw {
        NodeDraw {
            known_constants,
            found_constants: 0,
            drawn_constants: 0,
            remaining: self.features.len(),
            visited: 0,
        }
    }

    /// Draws until a feature comes that may vary: its place in the order and its number. `None` when
    /// `max_features` were drawn and one of them varied, or when none is left.
    pub(crate) fn next(
        &mut self,
        node: &mut NodeDraw,
        max_features: usize,
        random: &mut Random,
    ) -> Option<(usize, usize)> {
        loop {
            let total_constants = node.known_constants + node.found_constants;
            let none_varied = node.visited <= node.found_constants + node.drawn_constants;
            if node.remaining <= total_constants || (node.visited >= max_features && !none_varied) {
                return None;
            }
            node.visited += 1;
            let bound = node.remaining - node.found_constants - node.drawn_constants;
            let place = node.drawn_constants + random.below(bound);
            if place < node.known_constants {
                self.features.swap(place, node.drawn_constants);
                node.drawn_constants += 1;
            } else {
                let place = place + node.found_constants;
                return Some((place, usize::from(self.features[place])));
            }
        }
    }

    /// Notes that the feature at `place` is constant in this node.
    pub(crate) fn is_constant(&mut self, node: &mut NodeDraw, place: usize) {
        self.features.swap(place, node.known_constants + node.found_constants);
        node.found_constants += 1;
    }

    /// Notes that the feature at `place` varies in this node.
    pub(crate) fn varies(&mut self, node: &mut NodeDraw, place: usize) {
        node.remaining -= 1;
        self.features.swap(place, node.remaining);
    }

    /// Ends a node: how many features are known to be constant below it. The order of the known ones is put
    /// back, since nodes elsewhere in the tree know a prefix of it.
    pub(crate) fn end(&mut self, node: NodeDraw) -> usize {
        let known = node.known_constants;
        let all = known + node.found_constants;
        self.features[..known].copy_from_slice(&self.constant[..known]);
        self.constant[known..all].copy_from_slice(&self.features[known..all]);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every feature that may vary is drawn once, whatever was found constant on the way.
    #[test]
    fn drawing_all_features_visits_each_once() {
        let mut random = Random::new(3);
        let mut order = FeatureSampler::new((0..50).collect());
        let mut known = 0;
        for step in 0..20 {
            let mut seen = Vec::new();
            let mut node = order.begin(known);
            while let Some((place, feature)) = order.next(&mut node, 50, &mut random) {
                seen.push(feature);
                if feature % 10 == step / 2 {
                    order.is_constant(&mut node, place)
                } else {
                    order.varies(&mut node, place)
                }
            }
            known = order.end(node);
            assert!(known <= 5 * (step / 2 + 1));
            assert_eq!(seen.len(), {
                seen.sort();
                seen.dedup();
                seen.len()
            });
            if step == 0 {
                assert_eq!(seen.len(), 50);
            }
        }
    }

    #[test]
    fn drawing_goes_on_until_a_feature_varies() {
        let mut random = Random::new(1);
        let mut order = FeatureSampler::new((0..30).collect());
        let mut node = order.begin(0);
        let mut drawn = 0;
        while let Some((place, feature)) = order.next(&mut node, 3, &mut random) {
            drawn += 1;
            if feature == 17 { order.varies(&mut node, place) } else { order.is_constant(&mut node, place) }
        }
        assert!(drawn >= 3);
        assert!(node.found_constants == drawn || node.found_constants + 1 == drawn);
        assert!(node.found_constants < drawn, "drawing ended before a feature varied");
    }
}
