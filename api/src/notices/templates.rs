//! WeChat's templates as configured: which one each topic has, and what stands in its fields.

use std::str::FromStr;

use rules::notices::Topic;

use crate::wechat::FieldName;

/// What a field of a template shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// What it is about: `thing`.
    What,
    /// The building: `thing`.
    Where,
    /// Until when, or when it happened: `time` or `date`.
    When,
    /// What is to be done, in five characters: `phrase`.
    Short,
    /// What is to be done, in a sentence: `thing`.
    Sentence,
}

impl Shows {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "what" => Self::What,
            "where" => Self::Where,
            "when" => Self::When,
            "short" => Self::Short,
            "sentence" => Self::Sentence,
            _ => return None,
        })
    }

    /// Whether a field of this kind can show it.
    fn fits(self, kind: &str) -> bool {
        match self {
            Self::What | Self::Where | Self::Sentence => kind == "thing",
            Self::When => matches!(kind, "time" | "date"),
            Self::Short => matches!(kind, "phrase" | "thing"),
        }
    }
}

/// One of the mini-program's templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub topic: Topic,
    pub id: String,
    pub fields: Vec<(String, Shows)>,
}

/// All of them: at most one a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates(Vec<Template>);

impl Templates {
    pub fn all(&self) -> &[Template] {
        &self.0
    }

    pub fn of(&self, topic: Topic) -> Option<&Template> {
        self.0.iter().find(|template| template.topic == topic)
    }

    pub fn named(&self, id: &str) -> Option<&Template> {
        self.0.iter().find(|template| template.id == id)
    }
}

impl FromStr for Templates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let templates = parts.map(template).collect::<Result<Vec<_>, _>>()?;
        let repeated = templates.iter().enumerate().any(|(at, one)| {
            templates.iter().take(at).any(|before| before.topic == one.topic || before.id == one.id)
        });
        if repeated {
            return Err("a topic or a template is named twice".into());
        }
        Ok(Self(templates))
    }
}

fn template(text: &str) -> Result<Template, String> {
    let form = || format!("{text} is not TOPIC=TEMPLATE_ID(field:word,…)");
    let (topic, rest) = text.split_once('=').ok_or_else(form)?;
    let (id, fields) = rest.split_once('(').ok_or_else(form)?;
    let fields = fields.strip_suffix(')').ok_or_else(form)?;
    let topic =
        Topic::from_code(topic.trim()).ok_or_else(|| format!("{topic} is not TASK, PROGRESS or ANSWER"))?;
    if id.is_empty() || id.len() > 64 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(form());
    }
    let field = |pair: &str| {
        let (name, word) = pair.split_once(':').ok_or_else(form)?;
        let name =
            FieldName::parse(name.trim()).ok_or_else(|| format!("{name} is not a field, such as thing1"))?;
        let shows = Shows::read(word.trim())
            .ok_or_else(|| format!("{word} is not what, where, when, short or sentence"))?;
        if !shows.fits(name.kind()) {
            return Err(format!("the field {name} cannot show {word}"));
        }
        Ok((name.to_string(), shows))
    };
    let fields = fields.split(',').map(field).collect::<Result<_, String>>()?;
    Ok(Template { topic, id: id.to_owned(), fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_what_cannot_be_shown_is_refused() {
        let read = |text: &str| text.parse::<Templates>();
        let both =
            read("TASK=aB-1(thing1:what,time2:when,phrase3:short); PROGRESS=c_2(thing4:sentence)").unwrap();
        assert_eq!(both.all().len(), 2);
        let task = both.of(Topic::Task).unwrap();
        assert_eq!(task.id, "aB-1");
        assert_eq!(task.fields[1], ("time2".to_owned(), Shows::When));
        assert_eq!(both.named("c_2").map(|one| one.topic), Some(Topic::Progress));
        assert_eq!(both.of(Topic::Answer), None);
        assert_eq!(read("").unwrap().all().len(), 0);
        for bad in [
            "TASK",
            "NEWS=x(thing1:what)",
            "TASK=x(thing1:who)",
            "TASK=x(time1:what)",
            "TASK=x(phrase1:sentence)",
            "TASK=(thing1:what)",
            "TASK=x(thing1:what",
            "TASK=x(thing:what)",
            "TASK=x(thing1:what);TASK=y(thing1:what)",
            "TASK=x(thing1:what);ANSWER=x(thing1:what)",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
