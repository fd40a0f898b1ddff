//! Many models on the same images: images that all get wrong, the accuracy of an oracle and of a majority
//! vote, and labels that all models contradict.

/// Counts over all entries on the same images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// Images that no entry gets right, in order.
    pub always_wrong: Vec<usize>,
    /// Images that at least one entry gets right: what an oracle that always picks the right entry reaches.
    pub oracle: usize,
    /// Images that the plurality of entries gets right; a tie of classes goes to the lowest.
    pub majority: usize,
}

/// An image for which all entries predict the same class, which is not its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub image: usize,
    pub label: u8,
    /// The class that every entry predicts.
    pub predicted: u8,
}

/// Counts over the images. The oracle and the majority vote bound what combining the entries can reach from
/// above and from the simplest side: Kuncheva (2004), "Combining Pattern Classifiers", sections 4.2 and 8.
pub fn together(entries: &[&[u8]], labels: &[u8]) -> Together {
    let mut together = Together { always_wrong: Vec::new(), oracle: 0, majority: 0 };
    for (image, &label) in labels.iter().enumerate() {
        let votes = votes(entries, image);
        if votes[usize::from(label)] > 0 {
            together.oracle += 1;
        } else {
            together.always_wrong.push(image);
        }
        if !entries.is_empty() && plurality(&votes) == label {
            together.majority += 1;
        }
    }
    together
}

/// Images for which at least two entries all predict the same wrong class: candidates for a wrong label,
/// which a person must confirm. Consensus filtering after Brodley and Friedl (1999), "Identifying mislabeled
/// training data", JAIR 11:131-167.
pub fn label_noise(entries: &[&[u8]], labels: &[u8]) -> Vec<Candidate> {
    if entries.len() < 2 {
        return Vec::new();
    }
    let candidate = |(image, &label): (usize, &u8)| {
        let predicted = *entries[0].get(image)?;
        let agreed = entries.iter().all(|entry| entry.get(image) == Some(&predicted));
        (agreed && predicted != label).then_some(Candidate { image, label, predicted })
    };
    labels.iter().enumerate().filter_map(candidate).collect()
}

/// Votes for each class of an image.
fn votes(entries: &[&[u8]], image: usize) -> [usize; 256] {
    let mut votes = [0; 256];
    for entry in entries {
        if let Some(&class) = entry.get(image) {
            votes[usize::from(class)] += 1;
        }
    }
    votes
}

fn plurality(votes: &[usize; 256]) -> u8 {
    let best = (0..=255u8).max_by_key(|&class| (votes[usize::from(class)], std::cmp::Reverse(class)));
    best.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_candidates() {
        let labels = [0, 1, 2, 3];
        let entries: [&[u8]; 3] = [&[0, 1, 9, 5], &[0, 2, 8, 5], &[1, 1, 7, 5]];
        let all = together(&entries, &labels);
        assert_eq!(all.always_wrong, [2, 3]);
        assert_eq!((all.oracle, all.majority), (2, 2));
        assert_eq!(label_noise(&entries, &labels), [Candidate { image: 3, label: 3, predicted: 5 }]);
        assert!(label_noise(&entries[..1], &labels).is_empty(), "one voice is no agreement");
    }

    #[test]
    fn a_tie_of_classes_goes_to_the_lowest() {
        let entries: [&[u8]; 2] = [&[3], &[5]];
        assert_eq!(together(&entries, &[3]).majority, 1);
        assert_eq!(together(&entries, &[5]).majority, 0);
        assert_eq!(together(&[], &[0]).majority, 0);
    }
}
