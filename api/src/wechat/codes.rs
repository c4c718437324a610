//! Mini-program codes: the round picture that opens a page, for posters and doors.

use std::fmt;

use reqwest::Method;
use serde_json::json;

use super::client::WeChat;
use super::error::{Invalid, Meaning, Reach, Refusal, WeChatError, Window};
use super::wire::{Answer, Call, Repeat, Trouble, json as read_json};

/// What a code opens and how it looks.
#[derive(Debug, Clone, Copy)]
pub struct MiniCode<'a> {
    /// What the page is told: 1 to 32 of the characters that WeChat allows, `%` not among them. Use a short
    /// id that is looked up here.
    pub scene: &'a str,
    /// The page, without a leading slash and without a query; the first page if `None`.
    pub page: Option<&'a str>,
    /// Whether the page must exist.
    pub page_check: PageCheck,
    /// The version of the mini-program that it opens.
    pub release: Release,
    /// Pixels, 280 to 1280; WeChat's 430 if `None`.
    pub width: Option<u32>,
}

/// Whether WeChat looks for the page in the released version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageCheck {
    MustExist,
    AnyPage,
}

/// A version of the mini-program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Release {
    #[default]
    Released,
    Trial,
    Develop,
}

impl Release {
    /// As codes name it.
    fn env_version(self) -> &'static str {
        match self {
            Self::Released => "release",
            Self::Trial => "trial",
            Self::Develop => "develop",
        }
    }

    /// As messages name it.
    pub(super) fn state(self) -> &'static str {
        match self {
            Self::Released => "formal",
            Self::Trial => "trial",
            Self::Develop => "developer",
        }
    }
}

/// A picture, as its bytes say.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub format: PictureFormat,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({:?}, {} bytes)", self.format, self.bytes.len())
    }
}

/// The formats that WeChat draws in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    Jpeg,
    Png,
}

impl WeChat {
    /// Draws a code that lives for ever. An error never becomes a picture.
    ///
    /// # Errors
    /// [`WeChatError::Invalid`] before sending; [`Refusal::PageUnknown`], [`Refusal::SceneRefused`],
    /// [`Refusal::ParameterRefused`] from WeChat.
    pub async fn mini_code(&self, code: &MiniCode<'_>) -> Result<Picture, WeChatError> {
        check(code).map_err(WeChatError::Invalid)?;
        let mut body = json!({
            "scene": code.scene,
            "check_path": code.page_check == PageCheck::MustExist,
            "env_version": code.release.env_version(),
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(code.page.map(|page| ("page".to_owned(), json!(page))));
            body.extend(code.width.map(|width| ("width".to_owned(), json!(width))));
        }
        self.post(&getwxacodeunlimit(), &body, picture).await
    }
}

fn check(code: &MiniCode<'_>) -> Result<(), Invalid> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&'()*+,/:;=?@-._~".contains(c);
    let length = (1..=32).contains(&code.scene.len());
    if !length || !code.scene.chars().all(allowed) || code.scene.contains("scancode_time") {
        return Err(Invalid::Scene);
    }
    if code.page.is_some_and(|page| page.is_empty() || page.starts_with('/') || page.contains('?')) {
        return Err(Invalid::Page);
    }
    if code.width.is_some_and(|width| !(280..=1280).contains(&width)) {
        return Err(Invalid::Width);
    }
    Ok(())
}

/// A picture is one by its first bytes *and* its content type; anything else is read as an error.
fn picture(answer: &Answer) -> Result<Picture, Trouble> {
    let format = match answer.bytes.as_slice() {
        [0xFF, 0xD8, 0xFF, ..] => Some(PictureFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(PictureFormat::Png),
        _ => None,
    };
    match format {
        Some(format) if answer.content_type.starts_with("image/") => {
            Ok(Picture { format, bytes: answer.bytes.clone() })
        }
        _ => read_json::<serde_json::Value>(answer).and(Err(Trouble::Unreadable)),
    }
}

fn getwxacodeunlimit() -> Call {
    Call {
        method: Method::POST,
        path: "/wxa/getwxacodeunlimit",
        quota: "/wxa/getwxacodeunlimit",
        repeat: Repeat::Freely,
        meaning: |errcode| {
            Some(match errcode.code {
                // Here alone it stands for the quota of a minute.
                45009 => Meaning::Quota(Window::Minute, Reach::App),
                40129 | 40169 | 85096 => Meaning::Refusal(Refusal::SceneRefused),
                41030 => Meaning::Refusal(Refusal::PageUnknown),
                40097 => Meaning::Refusal(Refusal::ParameterRefused),
                _ => return None,
            })
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<'a>(scene: &'a str, page: Option<&'a str>) -> MiniCode<'a> {
        MiniCode { scene, page, page_check: PageCheck::MustExist, release: Release::Released, width: None }
    }

    #[test]
    fn a_scene_is_short_and_of_the_allowed_characters() {
        for scene in ["a", "b=12&c=!#$'()*+,/:;?@-._~", "0123456789abcdef0123456789abcdef"] {
            assert_eq!(check(&code(scene, None)), Ok(()), "{scene}");
        }
        for scene in ["", "0123456789abcdef0123456789abcdef0", "50%", "三号楼", "a b", "scancode_time=1"] {
            assert_eq!(check(&code(scene, None)), Err(Invalid::Scene), "{scene}");
        }
    }

    #[test]
    fn a_page_has_no_leading_slash_and_no_query() {
        assert_eq!(check(&code("a", Some("pages/door/index"))), Ok(()));
        for page in ["/pages/door/index", "pages/door/index?a=1", ""] {
            assert_eq!(check(&code("a", Some(page))), Err(Invalid::Page), "{page}");
        }
    }

    #[test]
    fn only_picture_bytes_under_a_picture_type_are_a_picture() {
        let read = |content_type: &str, bytes: &[u8]| {
            picture(&Answer { content_type: content_type.to_owned(), bytes: bytes.to_vec() })
        };
        let jpeg = [0xFF, 0xD8, 0xFF, 0xE0];
        assert_eq!(read("image/jpeg", &jpeg).unwrap().format, PictureFormat::Jpeg);
        assert_eq!(read("image/png", &[0x89, b'P', b'N', b'G', 13]).unwrap().format, PictureFormat::Png);
        let error = br#"{"errcode":41030,"errmsg":"invalid page rid: 0a1b2c3d-0a1b2c3d-0a1b2c3d"}"#;
        for content_type in ["application/json; charset=utf-8", "text/plain", "image/jpeg"] {
            match read(content_type, error) {
                Err(Trouble::Said(errcode)) => assert_eq!(errcode.code, 41030),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(read("application/json", &jpeg), Err(Trouble::Unreadable)));
        assert!(matches!(read("image/jpeg", b"<html>"), Err(Trouble::Unreadable)));
        assert!(matches!(read("application/json", br#"{"errcode":0}"#), Err(Trouble::Unreadable)));
    }
}
