//! Fictitious papers to upload: small pictures and documents that say of themselves that they are samples.
//!
//! Never holds a name, a number or anything else of a person: every one reads 虚构样本.

use std::io::Cursor;
use std::path::Path;

use image::{Rgb, RgbImage};

use super::people::Applicant;
use crate::base::{Fault, FaultKind, files};

/// Names below an applicant's folder, each the default value of the playbook input of the same name without its ending.
const PICTURES: [(&str, Rgb<u8>); 3] =
    [("营业执照.png", Rgb([200, 22, 29])), ("身份证人像面.png", Rgb([28, 99, 173])), ("身份证国徽面.png", Rgb([27, 138, 58]))];
const DOCUMENTS: [&str; 2] = ["开户许可证.pdf", "资质证书.pdf"];

/// 虚构样本, 24 by 24 pixels each, the leftmost in the highest bit.
#[rustfmt::skip]
const GLYPHS: [[u32; 24]; 4] = [
    [
        0x003000, 0x003ff0, 0x003ff0, 0x003000, 0x0ffffc, 0x0ffffc, 0x0c3018, 0x0dff98, 0x0dfc20, 0x0c3030, 0x0c1fe0, 0x0c0fc0,
        0x0c1900, 0x0d9918, 0x0d9930, 0x0cd930, 0x18d960, 0x181900, 0x3ffffc, 0x13fff8, 0x000000, 0x000000, 0x000000, 0x000000,
    ],
    [
        0x020400, 0x060600, 0x060c00, 0x060c00, 0x3fdff8, 0x3ff818, 0x063018, 0x073418, 0x0f8618, 0x0fcc18, 0x0ecd98, 0x1e4d98,
        0x3e18d8, 0x361bd8, 0x263fd8, 0x063c58, 0x060018, 0x060018, 0x0600f0, 0x0600e0, 0x000000, 0x000000, 0x000000, 0x000000,
    ],
    [
        0x060830, 0x060c30, 0x060660, 0x060460, 0x1fbffc, 0x1f9ffc, 0x060180, 0x0e0180, 0x0f0180, 0x0f9ff8, 0x0fc180, 0x1e8180,
        0x160180, 0x363ffc, 0x263ffc, 0x060180, 0x060180, 0x060180, 0x060180, 0x060180, 0x000000, 0x000000, 0x000000, 0x000000,
    ],
    [
        0x001800, 0x001800, 0x001800, 0x001800, 0x1ffff8, 0x1ffff8, 0x007e00, 0x007e00, 0x00db00, 0x019b00, 0x019980, 0x0318c0,
        0x061860, 0x0c1870, 0x3bfffc, 0x33ffdc, 0x001800, 0x001800, 0x001800, 0x001800, 0x000000, 0x000000, 0x000000, 0x000000,
    ],
];
/// Pixels of the paper to one of a glyph.
const SCALE: u32 = 5;

/// Writes the papers of `people` into `dir/files/<applicant>/`.
pub(super) fn write(dir: &Path, people: &[Applicant]) -> Result<(), Fault> {
    for person in people {
        let folder = folder(dir, &person.id);
        files::private_dir(&folder)?;
        for (name, colour) in PICTURES {
            files::replace(&folder.join(name), &picture(colour)?)?;
        }
        for name in DOCUMENTS {
            files::replace(&folder.join(name), document().as_bytes())?;
        }
    }
    Ok(())
}

/// The folder of one applicant's papers in the training's folder.
pub fn folder(dir: &Path, applicant: &str) -> std::path::PathBuf {
    dir.join("files").join(applicant)
}

/// Input and file of every paper.
pub(super) fn names() -> impl Iterator<Item = (String, String)> {
    let all = PICTURES.into_iter().map(|(name, _)| name).chain(DOCUMENTS);
    all.map(|name| (name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(), name.to_owned()))
}

fn picture(colour: Rgb<u8>) -> Result<Vec<u8>, Fault> {
    let mut paper = RgbImage::from_pixel(640, 420, Rgb([255, 255, 255]));
    let (width, height) = paper.dimensions();
    for (x, y, pixel) in paper.enumerate_pixels_mut() {
        let margin = x.min(width - 1 - x).min(y).min(height - 1 - y);
        if (12..18).contains(&margin) || (margin >= 18 && y < 60) || inked(x, y) {
            *pixel = colour;
        }
    }
    let mut bytes = Vec::new();
    paper.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).map_err(|error| {
        Fault::new(FaultKind::Setup, crate::say!("无法生成虚构样本图片：{error}", "the sample picture cannot be made: {error}"))
    })?;
    Ok(bytes)
}

/// Whether a pixel of the paper belongs to the words.
fn inked(x: u32, y: u32) -> bool {
    let (Some(x), Some(y)) = (x.checked_sub(80), y.checked_sub(160)) else { return false };
    let (column, row) = (x / SCALE, y / SCALE);
    let glyph = usize::try_from(column / 24).ok().and_then(|at| GLYPHS.get(at));
    let line = glyph.and_then(|glyph| glyph.get(usize::try_from(row).ok()?));
    line.is_some_and(|line| line >> (23 - column % 24) & 1 == 1)
}

/// A PDF of one page. Its own fonts know no Chinese, so the words are drawn from the same pixels.
fn document() -> String {
    let mut drawn = String::from("0.1 0.3 0.6 rg\n60 740 475 6 re f\n60 90 475 6 re f\n");
    for (at, glyph) in GLYPHS.iter().enumerate() {
        for (row, line) in glyph.iter().enumerate() {
            for column in (0..24).filter(|column| line >> (23 - column) & 1 == 1) {
                drawn.push_str(&format!("{} {} 4 4 re f\n", 105 + at * 96 + column * 4, 520 - row * 4));
            }
        }
    }
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{drawn}endstream", drawn.len()),
    ];
    let (mut text, mut places) = (String::from("%PDF-1.4\n"), Vec::new());
    for (at, object) in objects.iter().enumerate() {
        places.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let table = text.len();
    text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1));
    places.iter().for_each(|place| text.push_str(&format!("{place:010} 00000 n \n")));
    text.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", places.len() + 1));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_applicant_has_papers_of_the_right_kinds() {
        let dir = tempfile::tempdir().unwrap();
        let people = crate::training::people::applicants(5, 2);
        write(dir.path(), &people).unwrap();
        for (_, name) in names() {
            let bytes = std::fs::read(folder(dir.path(), "p2").join(&name)).unwrap();
            assert!(if name.ends_with("png") { bytes.starts_with(b"\x89PNG") } else { bytes.starts_with(b"%PDF-1.4") }, "{name}");
            assert!(bytes.len() < 100_000);
        }
    }

    #[test]
    fn the_table_of_a_document_points_at_its_objects() {
        let text = document();
        for (at, line) in text.lines().filter(|line| line.ends_with(" 00000 n ")).enumerate() {
            let place: usize = line[..10].parse().unwrap();
            assert!(text[place..].starts_with(&format!("{} 0 obj", at + 1)));
        }
    }
}
