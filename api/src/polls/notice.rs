//! A list as a notice to print and put up, on A4 or A3: one file that needs no other, the same bytes each time. What
//! stands on it is the list's table; a code leads to the result, where whoever has a right to it can compare.

use qrcode::{Color, EcLevel, QrCode};

use super::{
    acts::word,
    lists::Listed,
    model::{ListName, SealedRows},
};
use crate::http::{
    problem::{Problem, Result},
    sheet::Sheet,
};

/// Light modules around a code, by ISO/IEC 18004.
const QUIET: usize = 4;

/// Nothing is loaded and nothing runs, even where somebody got markup past the escaping. Sizes are those of paper; the
/// printer says which. Headings come again on each page, and no line breaks across two.
const HEAD: &str = r#"<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
@page { margin: 15mm; }
@page wide { size: landscape; }
body { font: 11pt/1.5 sans-serif; margin: 0; }
body.wide { page: wide; font-size: 9pt; }
h1, h1 + p { text-align: center; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
tr, footer { break-inside: avoid; }
th, td { border: 0.3mm solid #000; padding: 1mm 2mm; text-align: left; overflow-wrap: anywhere; }
footer { display: flex; gap: 5mm; margin-top: 8mm; font-size: 8pt; }
figure { flex: none; width: 35mm; margin: 0; overflow-wrap: anywhere; }
svg { width: 35mm; height: 35mm; }
</style>
"#;

impl Listed {
    /// The list as HTML. `public` is where others reach this service; nothing where it has no such address, and then
    /// no code is printed.
    pub fn notice(&self, public: Option<&str>) -> Result<String> {
        let Sheet { headings, rows, seals } = self.sheet();
        let name = escaped(self.shown.list.on_a_notice());
        let title = escaped(&self.shown.title);
        let class = if self.shown.list == ListName::Texts || self.shown.sealed.is_some() {
            " class=\"wide\""
        } else {
            ""
        };
        let headings: String = headings.iter().map(|heading| cell("th", heading)).collect();
        let rows: String = rows.iter().map(|row| line(row.iter().map(|text| cell("td", text)))).collect();
        let seals: String =
            seals.iter().map(|[name, value]| line([cell("th", name), cell("td", value)])).collect();
        let code = match public {
            Some(base) => figure(&self.address(base)?)?,
            None => String::new(),
        };
        Ok(format!(
            "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n{HEAD}<title>{name}：{title}</title>\n</head>\n\
             <body{class}>\n<h1>{name}</h1>\n<p>{title}</p>\n\
             <table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
             <footer>\n<table>\n{seals}</table>\n{code}</footer>\n</body>\n</html>\n"
        ))
    }
}

impl Listed {
    /// Where it can be compared: the result, or the list itself with the root that it has to have.
    fn address(&self, base: &str) -> Result<String> {
        let poll = format!("{base}/v1/polls/{}", self.shown.poll_id);
        Ok(match &self.shown.sealed {
            None => format!("{poll}/result"),
            Some(SealedRows { root, .. }) => {
                format!("{poll}/lists/{}?variant=public#{root}", word(self.shown.list)?)
            }
        })
    }
}

impl ListName {
    const fn on_a_notice(self) -> &'static str {
        match self {
            Self::Members => "当选名单公示",
            Self::Candidates => "候选人得票公示",
            Self::Texts => "表决事项结果公示",
            Self::Participation => "参与表决情况公示",
        }
    }
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    format!("<tr>{}</tr>\n", cells.into_iter().collect::<String>())
}

fn cell(tag: &str, text: &str) -> String {
    format!("<{tag}>{}</{tag}>", escaped(text))
}

/// Text that is text, wherever it stands.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// An address as a code, and in letters below it.
fn figure(address: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).map_err(Problem::internal)?;
    let (width, colors) = (code.width(), code.to_colors());
    let dark = colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
    let square = |(at, _): (usize, _)| format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
    let dark = dark.map(square).collect::<Vec<_>>().concat();
    let side = width + 2 * QUIET;
    Ok(format!(
        "<figure>\n<svg viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path d=\"{dark}\"/></svg>\n\
         <figcaption>核对：{}</figcaption>\n</figure>\n",
        escaped(address)
    ))
}

#[cfg(test)]
mod tests {
    use rules::polls::lists::{HomeLine, List};
    use rules::quantity::Area;

    use super::*;
    use crate::polls::lists::tests::{candidates, homes};

    /// The text of every cell, in order, as a browser shows it.
    fn cells(page: &str, tag: &str) -> Vec<String> {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let cells = page.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0));
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        let shown = |cell: &str| {
            assert!(!cell.contains(['<', '>', '"', '\'']), "a cell holds text alone: {cell}");
            entities.iter().fold(cell.to_owned(), |text, (entity, one)| text.replace(entity, one))
        };
        cells.map(shown).collect()
    }

    #[test]
    fn a_notice_says_cell_by_cell_what_the_table_says_and_the_same_each_time() {
        for list in [homes(), candidates("王*")] {
            let page = list.notice(None).unwrap();
            assert_eq!(page, list.notice(None).unwrap());
            let Sheet { headings, rows, seals } = list.sheet();
            let names = seals.iter().map(|[name, _]| name.clone());
            let above: Vec<_> = headings.iter().map(|&heading| heading.to_owned()).chain(names).collect();
            assert_eq!(cells(&page, "th"), above);
            let values = seals.iter().map(|[_, value]| value.clone());
            assert_eq!(cells(&page, "td"), rows.into_iter().flatten().chain(values).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_text_is_markup_wherever_it_stands() {
        let mut list = candidates("<img src=x onerror=\"alert('1')\">&amp;");
        list.shown.title = "</title><script>alert(1)</script>".into();
        let page = list.notice(Some("https://linli.example")).unwrap();
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("<td>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;</td>"));
        assert_eq!(page.matches("</title>").count(), 1, "{page}");
        for outside in ["src=\"", "href=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside} loads something");
        }
    }

    #[test]
    fn its_code_reads_as_the_address_that_stands_below_it() {
        let list = homes();
        let page = list.notice(Some("https://linli.example")).unwrap();
        let address = format!("https://linli.example/v1/polls/{}/result", list.shown.poll_id);
        assert!(page.contains(&format!("<figcaption>核对：{address}</figcaption>")));
        assert_eq!(read(&page), address);
        assert!(!list.notice(None).unwrap().contains("<svg"), "no address, no code");
    }

    /// What a phone reads off the page.
    fn read(page: &str) -> String {
        const PIXELS: usize = 4;
        let between = |from: &str, to: &str| {
            page.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap().0.to_owned()
        };
        let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
        let path = between("<path d=\"", "\"");
        let dark: std::collections::HashSet<(usize, usize)> = path
            .split("h1v1h-1z")
            .filter_map(|one| {
                let (x, y) = one.strip_prefix('M')?.split_once(' ')?;
                Some((x.parse().unwrap(), y.parse().unwrap()))
            })
            .collect();
        let pixels = side * PIXELS;
        let grey = |x, y| if dark.contains(&(x / PIXELS, y / PIXELS)) { 0 } else { 255 };
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, grey);
        picture.detect_grids().first().expect("a code").decode().expect("a text").1
    }

    #[test]
    fn a_list_of_many_homes_is_one_line_a_home() {
        let home = HomeLine { home: "1-101".into(), area: Area(100), channel: None };
        let list = Listed { lines: List::Participation(vec![home; 3_000]), ..homes() };
        assert_eq!(list.notice(None).unwrap().matches("<tr><td>1-101</td>").count(), 3_000);
    }
}
