//! The best of each family on two data sets: one line a family, from one accuracy to the other.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::axis::{Axis, Kind};
use super::overview::Chart;
use super::scatter::label_long;
use crate::analysis::findings::{BAR, Family, Findings};
use crate::drawing::{AltText, ChartError, INK, Marks, PALETTE, label, png, svg, text};
use crate::format::{short, title};

/// The file's name without its ending.
pub const NAME: &str = "best-per-family";

const WIDTH: i32 = 450;
const LEFT: i32 = 146;
const RIGHT: i32 = 40;
const TOP: i32 = 58;
const LINE: i32 = 24;
const BOTTOM: i32 = 64;
/// Between the middles of two labels of the axis.
const LABEL_ROOM: i32 = 32;
/// First and second data set.
const COLOURS: [RGBColor; 2] = [PALETTE[0], PALETTE[3]];

struct Dumbbell<'a> {
    title: String,
    /// The two data sets, as people write them.
    names: [String; 2],
    families: &'a [Family],
    x: Axis,
    /// Vertical lines with their words.
    rules: Vec<(f64, String)>,
}

/// The chart; `None` where no family has a result on both of the first two data sets.
pub fn chart(findings: &Findings) -> Result<Option<Chart>, ChartError> {
    let [first, second, ..] = &findings.sets[..] else { return Ok(None) };
    let pairs: Vec<(&Family, f64, f64)> = findings
        .families
        .iter()
        .filter_map(|family| Some((family, value(family, 0)?, value(family, 1)?)))
        .collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let names = [title(&first.dataset), title(&second.dataset)];
    let worse = pairs.iter().filter(|(_, a, b)| b < a).count();
    let mut rules = vec![(BAR, format!("{BAR}"))];
    let people = findings.people.as_ref().filter(|people| people.dataset == second.dataset);
    rules.extend(people.map(|people| (people.accuracy, format!("people {}", people.accuracy))));
    let values =
        findings.families.iter().flat_map(|family| family.best.iter().flatten().map(|(best, _)| *best));
    let told: Vec<String> =
        pairs.iter().map(|(family, a, b)| format!("{} {a:.3} and {b:.3}", family.classifier)).collect();
    let who = people.map_or(String::new(), |people| {
        format!(
            " People reach {} on {} images of {}: {}",
            people.accuracy, people.images, names[1], people.who
        )
    });
    let alt_text = AltText {
        title: format!("Best of each family: {worse} of {} lose on {}", pairs.len(), names[1]),
        description: format!(
            "One line a family, from its best accuracy on {} to its best on {}, the axis logarithmic in the error. {}.{who}",
            names[0],
            names[1],
            told.join("; ")
        ),
    };
    let dumbbell = Dumbbell {
        title: alt_text.title.clone(),
        x: Axis::over("test accuracy", Kind::Accuracy, values),
        families: &findings.families,
        names,
        rules,
    };
    let (svg, marks) = svg(dumbbell.size(), &alt_text, |area| dumbbell.draw(area))?;
    let png = png(dumbbell.size(), |area| dumbbell.draw(area))?;
    Ok(Some(Chart { name: NAME.to_string(), svg, png, marks }))
}

fn value(family: &Family, dataset: usize) -> Option<f64> {
    family.best.get(dataset).copied().flatten().map(|(best, _)| best)
}

impl Dumbbell<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (TOP + LINE * self.families.len() as i32 + BOTTOM) as u32)
    }

    fn across(&self, accuracy: f64) -> i32 {
        let (low, high) = self.x.range;
        let share = (self.x.kind.coordinate(accuracy) - low) / (high - low);
        LEFT + (share * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<Marks, ChartError> {
        self.draw_on(area).map_err(|error| error.to_string())
    }

    fn draw_on<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<Marks, DrawingAreaErrorKind<DB::ErrorType>> {
        let bottom = TOP + LINE * self.families.len() as i32;
        area.draw(&Text::new(label_long(&self.title), (8, 8), text(15.0, HPos::Left, VPos::Top)))?;
        let mut last = i32::MIN;
        for &tick in &self.x.ticks {
            let accuracy = 1.0 - 10f64.powf(-tick);
            let x = self.across(accuracy);
            area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], INK.mix(0.12)))?;
            if x.saturating_sub(last) >= LABEL_ROOM {
                let style = text(14.0, HPos::Center, VPos::Top);
                area.draw(&Text::new(self.x.kind.text(tick), (x, bottom + 6), style))?;
                last = x;
            }
        }
        for (accuracy, words) in &self.rules {
            let x = self.across(*accuracy);
            area.draw(&PathElement::new(vec![(x, TOP - 6), (x, bottom)], INK.mix(0.7).stroke_width(2)))?;
            // The label of a rule below `BAR` stands left of the rule, so that it does not overlap the label
            // at `BAR`.
            let side = if *accuracy < BAR { HPos::Right } else { HPos::Center };
            area.draw(&Text::new(words.clone(), (x, TOP - 10), text(14.0, side, VPos::Bottom)))?;
        }
        let mut marks = Vec::new();
        for (place, family) in self.families.iter().enumerate() {
            let y = TOP + LINE * place as i32 + LINE / 2;
            let name = label(&short(&family.classifier));
            area.draw(&Text::new(name, (LEFT - 36, y), text(13.5, HPos::Right, VPos::Center)))?;
            let ends = [0, 1].map(|at| family.best.get(at).copied().flatten());
            let places = ends.map(|end| end.map(|(accuracy, line)| (self.across(accuracy), accuracy, line)));
            if let [Some(a), Some(b)] = places {
                area.draw(&PathElement::new(vec![(a.0, y), (b.0, y)], INK.mix(0.35).stroke_width(2)))?;
            }
            let right = places.iter().flatten().map(|end| end.0).max().unwrap_or(0);
            for (at, end) in places.into_iter().enumerate() {
                let Some((x, accuracy, line)) = end else { continue };
                let fill = COLOURS[at].filled();
                if at == 0 {
                    area.draw(&Circle::new((x, y), 5, fill))?;
                } else {
                    area.draw(&Rectangle::new([(x - 4, y - 4), (x + 5, y + 5)], fill))?;
                }
                let (side, off) = if x == right { (HPos::Left, 8) } else { (HPos::Right, -8) };
                let style = text(12.0, side, VPos::Center);
                area.draw(&Text::new(format!("{accuracy:.3}"), (x + off, y), style))?;
                marks.push((x, y, line));
            }
        }
        let style = || text(14.0, HPos::Left, VPos::Center);
        let y = bottom + 44;
        area.draw(&Circle::new((LEFT, y), 5, COLOURS[0].filled()))?;
        area.draw(&Text::new(label(&self.names[0]), (LEFT + 10, y), style()))?;
        area.draw(&Rectangle::new([(LEFT + 116, y - 4), (LEFT + 125, y + 5)], COLOURS[1].filled()))?;
        area.draw(&Text::new(label(&self.names[1]), (LEFT + 132, y), style()))?;
        Ok(marks)
    }
}
