//! SVG into pixels: the one home of resvg, and of the fonts of this machine.
//!
//! Never leaves a letter out: a text that no font here can draw is a fault, where the library would pass over it in silence.

use resvg::tiny_skia::{Color, FilterQuality, PixmapPaint, Transform};
use resvg::usvg::{self, Node, Tree, fontdb};

pub(super) use resvg::tiny_skia::Pixmap;

use super::story::Still;
use crate::base::{Fault, FaultKind};
use crate::say;

/// Families that have Chinese letters, the best to read first; systems come with one or the other.
const FAMILIES: [&str; 11] = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Droid Sans Fallback",
    "SimSun",
];

/// Pixels of the largest picture: four bytes each in memory.
const LARGEST: u64 = 50_000_000;

/// A drawing that only Chinese letters can fill.
const PROBE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><text y=\"8\" font-size=\"8\" font-family=\"sans-serif\">演示入库</text></svg>";

/// Paints, with the fonts loaded once.
pub(super) struct Painter {
    options: usvg::Options<'static>,
}

impl Painter {
    /// With the fonts of this machine.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when none of them has Chinese letters.
    pub(super) fn new() -> Result<Painter, Fault> {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        Painter::with(fonts)
    }

    fn with(mut fonts: fontdb::Database) -> Result<Painter, Fault> {
        let there =
            |fonts: &fontdb::Database, name: &str| fonts.faces().any(|face| face.families.iter().any(|(own, _)| own == name));
        let known = FAMILIES.into_iter().find(|name| there(&fonts, name)).map(str::to_owned);
        // Any other will do as the first to be asked: what it lacks is taken from those that have it.
        let any = || fonts.faces().find_map(|face| face.families.first()).map(|(name, _)| name.clone());
        if let Some(family) = known.or_else(any) {
            fonts.set_sans_serif_family(family.clone());
            fonts.set_serif_family(family);
        }
        let painter = Painter { options: usvg::Options { fontdb: fonts.into(), ..usvg::Options::default() } };
        painter.tree(PROBE).map(|_| ()).map_err(|_| {
            Fault::new(
                FaultKind::Setup,
                say!(
                    "本机没有含汉字的字体，无法绘制图片和影片。Debian 请安装 fonts-wqy-microhei 或 fonts-noto-cjk；Windows 请恢复系统自带的“微软雅黑”。",
                    "this machine has no font with Chinese letters, so pictures and films cannot be drawn; on Debian install fonts-wqy-microhei or fonts-noto-cjk, on Windows bring back Microsoft YaHei, which comes with it"
                ),
            )
        })?;
        Ok(painter)
    }

    /// The drawing on nothing, each of its units `scale` pixels.
    ///
    /// # Errors
    /// [`FaultKind::Setup`] when a letter cannot be drawn; [`FaultKind::Io`] when it is no drawing.
    pub(super) fn paint(&self, svg: &str, scale: f32) -> Result<Pixmap, Fault> {
        let tree = self.tree(svg)?;
        let size = tree.size();
        let mut pixmap = empty((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32)?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
        Ok(pixmap)
    }

    /// The drawing over a picture, its upper left corner at the point, each of its units `scale` pixels.
    ///
    /// # Errors
    /// As [`Painter::paint`].
    pub(super) fn draw(&self, svg: &str, (x, y): (f64, f64), scale: f64, onto: &mut Pixmap) -> Result<(), Fault> {
        let tree = self.tree(svg)?;
        let place = Transform::from_scale(scale as f32, scale as f32).post_translate(x as f32, y as f32);
        resvg::render(&tree, place, &mut onto.as_mut());
        Ok(())
    }

    fn tree(&self, svg: &str) -> Result<Tree, Fault> {
        let tree = Tree::from_str(svg, &self.options).map_err(|error| no_picture(&error))?;
        let mut drawn = Drawn::default();
        drawn.look(tree.root().children());
        // Without any family at all, a text is not even in the tree.
        let words = |rest: &&str| {
            rest.split_once('>').and_then(|(_, own)| own.split('<').next()).is_some_and(|own| !own.trim().is_empty())
        };
        let written = svg.split("<text ").skip(1).filter(words).count();
        if drawn.lost.is_empty() && drawn.texts >= written {
            return Ok(tree);
        }
        let lost = drawn.lost;
        Err(Fault::new(
            FaultKind::Setup,
            say!(
                "本机的字体画不出这些文字：“{lost}”。请安装含有它们的字体（Debian：fonts-noto-cjk），或在办理流程中改用别的字。",
                "the fonts of this machine cannot draw this: “{lost}”; install a font that has it (Debian: fonts-noto-cjk), or use other characters in the playbook"
            ),
        ))
    }
}

/// What became of the texts of a drawing.
#[derive(Default)]
struct Drawn {
    texts: usize,
    /// The letters without a shape.
    lost: String,
}

impl Drawn {
    fn look(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Group(group) => self.look(group.children()),
                Node::Text(text) => {
                    self.texts += 1;
                    for glyph in text.layouted().iter().flat_map(|span| &span.positioned_glyphs) {
                        // The first shape of every font is the one for what it does not have.
                        if glyph.id.0 == 0 {
                            self.lost.push_str(&glyph.text);
                        }
                    }
                }
                Node::Path(_) | Node::Image(_) => {}
            }
        }
    }
}

/// A picture with nothing in it.
///
/// # Errors
/// [`FaultKind::Io`] when it has no size, or one that no memory holds.
pub(super) fn empty(width: u32, height: u32) -> Result<Pixmap, Fault> {
    Pixmap::new(width, height).ok_or_else(|| no_picture(&format_args!("{width}x{height}")))
}

/// A picture of one colour, red, green, blue.
///
/// # Errors
/// As [`empty`].
pub(super) fn plain(width: u32, height: u32, [red, green, blue]: [u8; 3]) -> Result<Pixmap, Fault> {
    let mut pixmap = empty(width, height)?;
    pixmap.fill(Color::from_rgba8(red, green, blue, 255));
    Ok(pixmap)
}

/// The pixels of a picture of the run.
///
/// # Errors
/// As [`Still::png`]; [`FaultKind::Refused`] when it is no picture of that size.
pub(super) fn pixels(still: &Still) -> Result<Pixmap, Fault> {
    let file = &still.file;
    let png = still.png()?;
    // By the head of the file (PNG 11.2.1), before there is room for what it claims: the folder may be a stranger's.
    let side = |at: usize| png.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let told = side(16).zip(side(20)) == Some((still.width, still.height));
    let fits = u64::from(still.width) * u64::from(still.height) <= LARGEST;
    let pixmap = (told && fits).then(|| Pixmap::decode_png(&png).ok()).flatten();
    pixmap.ok_or_else(|| {
        Fault::new(
            FaultKind::Refused,
            say!(
                "截图 {file} 打不开、过大，或尺寸与办理日志不符。用 ruku proof verify 可检查办理档案。",
                "the picture {file} cannot be read, is too large, or is not as large as the journal says; check the run folder with ruku proof verify"
            ),
        )
    })
}

/// Puts one picture over another, its upper left corner at the point, made larger or smaller by `scale`.
pub(super) fn put(what: &Pixmap, (x, y): (f64, f64), scale: f64, onto: &mut Pixmap) {
    let quality = if scale == 1.0 { FilterQuality::Nearest } else { FilterQuality::Bilinear };
    let place = Transform::from_scale(scale as f32, scale as f32).post_translate(x as f32, y as f32);
    onto.draw_pixmap(0, 0, what.as_ref(), &PixmapPaint { quality, ..PixmapPaint::default() }, place, None);
}

/// The picture as a PNG file.
///
/// # Errors
/// [`FaultKind::Io`].
pub(super) fn png(pixmap: &Pixmap) -> Result<Vec<u8>, Fault> {
    pixmap.encode_png().map_err(|error| no_picture(&error))
}

fn no_picture(why: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        FaultKind::Io,
        say!("图片绘制失败（{why}）。请联系支持人员。", "a picture could not be drawn ({why}); ask support"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\"><text x=\"4\" y=\"30\" font-size=\"24\" font-family=\"{}\">{text}</text></svg>",
            super::super::layout::FONTS
        )
    }

    #[test]
    fn every_letter_is_drawn_or_it_is_said() {
        let painter = Painter::new().unwrap();
        for words in ["演示", "DEMO 2.2"] {
            let pixmap = painter.paint(&text(words), 1.0).unwrap();
            assert!(pixmap.pixels().iter().any(|pixel| pixel.alpha() > 200), "{words}");
        }
        assert!(painter.paint(&text(""), 1.0).is_ok(), "nothing to draw is nothing lost");
        let fault = painter.paint(&text("好\u{10fffd}"), 1.0).unwrap_err();
        assert!(fault.kind == FaultKind::Setup && fault.message.en.contains('\u{10fffd}'), "{fault}");
    }

    #[test]
    fn a_machine_without_fonts_is_told_which_to_install() {
        let fault = Painter::with(fontdb::Database::new()).map(|_| ()).unwrap_err();
        assert!(fault.kind == FaultKind::Setup && fault.message.zh.contains("fonts-wqy-microhei"), "{fault}");
    }
}
