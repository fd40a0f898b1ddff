//! scikit-learn's feature sampling without replacement, which never searches a feature again below a node
//! where it is constant.

use super::Random;

/// The features of one tree in the order of the Fisher-Yates shuffles so far.
///
/// A feature that is constant in a node is constant below it. The features known to be constant in the
/// present node are at the front, as in scikit-learn: drawing one of them again counts as a draw, but it is
/// not searched.
pub(crate) struct FeatureSampler {
    features: Vec<u16>,
    /// The known constant features in the order of the path from the root.
    constant: Vec<u16>,
}

/// The state of the sampling in one node.
pub(crate) struct NodeDraw {
    /// Features known to be constant above this node.
    known_constants: usize,
    /// Constant features found in this node.
    found_constants: usize,
    /// Known constant features drawn again in this node.
    drawn_constants: usize,
    /// The features before this position can still be drawn.
    remaining: usize,
    /// Features drawn in this node.
    visited: usize,
}

impl FeatureSampler {
    /// A sampler of these features.
    pub(crate) fn new(features: Vec<u16>) -> FeatureSampler {
        FeatureSampler { constant: features.clone(), features }
    }

    /// Starts a node. The first `known_constants` features are known to be constant in it.
    pub(crate) fn start_node(&self, known_constants: usize) -> NodeDraw {
        NodeDraw {
            known_constants,
            found_constants: 0,
            drawn_constants: 0,
            remaining: self.features.len(),
            visited: 0,
        }
    }

    /// Draws features until one may vary, and returns its position and its number. `None` if `max_features`
    /// were drawn and one of them varied, or if none is left.
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

    /// Records that the feature at `place` is constant in the node.
    pub(crate) fn mark_constant(&mut self, node: &mut NodeDraw, place: usize) {
        self.features.swap(place, node.known_constants + node.found_constants);
        node.found_constants += 1;
    }

    /// Records that the feature at `place` varies in the node.
    pub(crate) fn mark_varying(&mut self, node: &mut NodeDraw, place: usize) {
        node.remaining -= 1;
        self.features.swap(place, node.remaining);
    }

    /// Finishes a node and returns the number of features known to be constant below it. Restores the order
    /// of the known ones, because nodes elsewhere in the tree rely on a prefix of it.
    pub(crate) fn finish_node(&mut self, node: NodeDraw) -> usize {
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
            let mut node = order.start_node(known);
            while let Some((place, feature)) = order.next(&mut node, 50, &mut random) {
                seen.push(feature);
                if feature % 10 == step / 2 {
                    order.mark_constant(&mut node, place)
                } else {
                    order.mark_varying(&mut node, place)
                }
            }
            known = order.finish_node(node);
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
        let drawn_in_all = (0..20).map(|seed| {
            let mut random = Random::new(seed);
            let mut order = FeatureSampler::new((0..30).collect());
            let mut node = order.start_node(0);
            let mut drawn = Vec::new();
            while let Some((place, feature)) = order.next(&mut node, 3, &mut random) {
                drawn.push(feature);
                if feature == 17 {
                    order.mark_varying(&mut node, place)
                } else {
                    order.mark_constant(&mut node, place)
                }
            }
            // Three features, or as many as it takes until one varies.
            let until_varying = drawn.iter().position(|&feature| feature == 17).unwrap() + 1;
            assert_eq!(drawn.len(), until_varying.max(3), "seed {seed}");
            drawn.len()
        });
        assert!(drawn_in_all.sum::<usize>() > 20 * 3, "for some seeds the first three are constant");
    }
}
