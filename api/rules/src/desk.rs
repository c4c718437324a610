//! Replies that are written once and sent often: words with blanks in braces, such as `您反映的{category}已派人到{place}查看`.
//!
//! **Promises:** what parses can be filled in, and every blank in it is; what a blank is filled with is never read as a
//! blank again.

use crate::incidents::codes::coded;

coded! {
    /// What can be filled in.
    pub enum Blank {
        /// The name of what was reported.
        Category = "category",
        /// Where it is.
        Place = "place",
        /// The day on which it was reported.
        ReportedOn = "reported_on",
        /// When it is due.
        DueAt = "due_at",
    }
}

/// Words with blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Blank(Blank),
}

/// Why words are no template. A brace always belongs to a blank, so that a slip is found when it is written and not by
/// whoever receives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("there is a brace that belongs to no blank")]
    LooseBrace,
    #[error("there is a blank of an unknown name; known are {}", known())]
    UnknownBlank,
}

fn known() -> String {
    Blank::ALL.iter().map(|blank| format!("{{{blank}}}")).collect::<Vec<_>>().join(" ")
}

impl Template {
    /// Reads words with blanks.
    ///
    /// # Errors
    /// A [`Fault`] where a brace is not part of a known blank.
    pub fn parse(words: &str) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        let mut rest = words;
        while let Some((before, opened)) = rest.split_once('{') {
            let (name, after) = opened.split_once('}').ok_or(Fault::LooseBrace)?;
            if before.contains('}') || name.contains('{') {
                return Err(Fault::LooseBrace);
            }
            parts.push(Part::Words(before.to_owned()));
            parts.push(Part::Blank(Blank::from_code(name).ok_or(Fault::UnknownBlank)?));
            rest = after;
        }
        if rest.contains('}') {
            return Err(Fault::LooseBrace);
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The words, with every blank filled in.
    pub fn fill(&self, with: impl Fn(Blank) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Words(words) => words.clone(),
                Part::Blank(blank) => with(*blank),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(words: &str) -> Result<String, Fault> {
        Template::parse(words).map(|template| template.fill(|blank| format!("<{blank}>")))
    }

    #[test]
    fn every_blank_is_filled_in() {
        for blank in Blank::ALL {
            assert_eq!(filled(&format!("甲{{{blank}}}乙")).unwrap(), format!("甲<{blank}>乙"));
        }
        assert_eq!(filled("{place}{place}").unwrap(), "<place><place>");
        assert_eq!(filled("没有空格").unwrap(), "没有空格");
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let template = Template::parse("{place}").unwrap();
        assert_eq!(template.fill(|_| "{category}".into()), "{category}");
    }

    #[test]
    fn a_slip_is_found_when_it_is_written() {
        for loose in ["{", "}", "{place", "place}", "{{place}}", "}{place}", "{place}}", "{pl{place}"] {
            assert_eq!(filled(loose), Err(Fault::LooseBrace), "{loose}");
        }
        for unknown in ["{}", "{name}", "{ place}", "{PLACE}"] {
            assert_eq!(filled(unknown), Err(Fault::UnknownBlank), "{unknown}");
        }
        assert!(Fault::UnknownBlank.to_string().contains("{due_at}"));
    }

    proptest! {
        #[test]
        fn words_without_braces_stay_as_they_are(words in "[^{}]{0,60}") {
            prop_assert_eq!(filled(&words).unwrap(), words);
        }

        #[test]
        fn whatever_parses_has_as_many_blanks_as_opening_braces(words in "(甲|\\{|\\}|place|\\{place\\}|\\{due_at\\}){0,12}") {
            if let Ok(template) = Template::parse(&words) {
                let blanks = template.0.iter().filter(|part| matches!(part, Part::Blank(_))).count();
                prop_assert_eq!(blanks, words.matches('{').count());
                prop_assert_eq!(blanks, words.matches('}').count());
                let filled = template.fill(|_| String::new());
                let has_braces = filled.contains(['{', '}']);
                prop_assert!(!has_braces);
            }
        }
    }
}
