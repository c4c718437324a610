//! A list as a notice to print and put up, on A4 or A3: one file that needs no other, the same bytes each time. What
//! stands on it is the list's table; a code leads to a page that says what it has to be held against.

use qrcode::{Color, EcLevel, QrCode};

use super::{
    acts::word,
    lists::Listed,
    model::{ListName, SealedRows, Sheet as Paper},
};
use crate::{
    clock::local,
    http::{
        problem::{Problem, Result},
        sheet::Sheet,
    },
};

/// Light modules around a code, by ISO/IEC 18004.
const QUIET: usize = 4;

/// Nothing is loaded and nothing runs, even where somebody got markup past the escaping. Headings come again on each
/// page, and no line breaks across two.
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
    /// The list as HTML, for a sheet of paper or for that in the printer. `public` is where others reach this service;
    /// nothing where it has no such address, and then no code is printed.
    pub fn notice(&self, public: Option<&str>, paper: Option<Paper>) -> Result<String> {
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
            "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n{HEAD}{}<title>{name}：{title}</title>\n</head>\n\
             <body{class}>\n<h1>{name}</h1>\n<p>{title}</p>\n\
             <table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n\
             <footer>\n<table>\n{seals}</table>\n{code}</footer>\n</body>\n</html>\n",
            paper.map(sized).unwrap_or_default()
        ))
    }
}

fn sized(paper: Paper) -> String {
    let size = match paper {
        Paper::A3 => "A3",
        Paper::A4 => "A4",
    };
    format!("<style>@page {{ size: {size}; }} @page wide {{ size: {size} landscape; }}</style>\n")
}

/// The page to which the code on a notice leads, for whoever stands before the wall: what the hashes on it have to be,
/// and how an owner and a court check the rest. Nothing on it is about anybody.
pub fn verification(poll: &::entity::poll::Model) -> String {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| local(at).to_rfc3339());
    let state = match poll.final_at {
        Some(_) => "结果已生效",
        None => "公示期内，可提出异议",
    };
    let lines = [
        ("状态", Some(state.to_owned())),
        ("公布时间", time(poll.published_at)),
        ("公示截止", time(poll.provisional_until)),
        ("计票时间", time(poll.closed_at)),
        ("roll_hash", poll.roll_hash.clone()),
        ("rules_hash", poll.rules_hash.clone()),
        ("frozen_hash", poll.frozen_hash.clone()),
        ("ballots_hash", poll.ballots_hash.clone()),
    ];
    let lines = lines.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let lines: String = lines.map(|(name, value)| line([cell("th", name), cell("td", value)])).collect();
    let title = escaped(&poll.title);
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n{HEAD}\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>核对：{title}</title>\n</head>\n\
         <body>\n<h1>{title}</h1>\n<p>公示单页脚的各项校验值应与本页逐字相同；不同的公示单不是本次表决的公示单。</p>\n\
         <table>\n{lines}</table>\n\
         <p>业主用自己的选票回执，可在小程序中查明选票已计入 ballots_hash。带逐行校验值的名单用 linli verify list 核对，\
         全案归档用 linli verify archive 核对，均无需连接本系统。</p>\n</body>\n</html>\n"
    )
}

impl Listed {
    /// Where it can be compared; of a list whose rows have commitments with the root over them.
    fn address(&self, base: &str) -> Result<String> {
        let page = format!("{base}/v1/polls/{}/verification", self.shown.poll_id);
        Ok(match &self.shown.sealed {
            None => page,
            Some(SealedRows { root, .. }) => format!("{page}#{}:{root}", word(self.shown.list)?),
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
            let page = list.notice(None, None).unwrap();
            assert_eq!(page, list.notice(None, None).unwrap());
            let Sheet { headings, rows, seals } = list.sheet();
            let names = seals.iter().map(|[name, _]| name.clone());
            let above: Vec<_> = headings.iter().map(|&heading| heading.to_owned()).chain(names).collect();
            assert_eq!(cells(&page, "th"), above);
            let values = seals.iter().map(|[_, value]| value.clone());
            assert_eq!(cells(&page, "td"), rows.into_iter().flatten().chain(values).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_notice_fits_the_sheet_that_was_asked_for() {
        for (paper, size) in [(Paper::A3, "A3"), (Paper::A4, "A4")] {
            let page = homes().notice(None, Some(paper)).unwrap();
            assert!(
                page.contains(&format!("@page {{ size: {size}; }} @page wide {{ size: {size} landscape; }}"))
            );
        }
        assert!(!homes().notice(None, None).unwrap().contains("size: A"), "as the printer has it");
    }

    #[test]
    fn no_text_is_markup_wherever_it_stands() {
        let mut list = candidates("<img src=x onerror=\"alert('1')\">&amp;");
        list.shown.title = "</title><script>alert(1)</script>".into();
        let page = list.notice(Some("https://linli.example"), None).unwrap();
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
        let page = list.notice(Some("https://linli.example"), None).unwrap();
        let address = format!("https://linli.example/v1/polls/{}/verification", list.shown.poll_id);
        assert!(page.contains(&format!("<figcaption>核对：{address}</figcaption>")));
        assert_eq!(read(&page), address);
        assert!(!list.notice(None, None).unwrap().contains("<svg"), "no address, no code");
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
        assert_eq!(list.notice(None, None).unwrap().matches("<tr><td>1-101</td>").count(), 3_000);
    }
}
