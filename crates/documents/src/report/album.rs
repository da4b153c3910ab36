//! The last page of a record: a few small photos, each with what it shows.

use super::pages::{MARGIN, Page, SIZE};
use crate::flow::{ASCENT, LEADING};
use crate::paper::A4;
use crate::pdf::{File, Jpeg, Placed};
use crate::shape::{BLACK, Shape};
use crate::text::{Fonts, Weight};

const COLUMNS: usize = 3;
/// Most photos of a page, which is all there is: a file stays small enough to send on.
pub const MOST_PICTURES: usize = 4 * COLUMNS;
/// The room for a photo, and for a photo with its words.
const PHOTO: (f32, f32) = (58.0, 44.0);
const CELL: (f32, f32) = (62.0, 60.0);
const CAPTION: f32 = 3.2;
const CAPTION_LINES: usize = 3;

/// Photos that belong to a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Album {
    /// What they are.
    pub title: String,
    /// Of whom.
    pub subtitle: String,
    /// The photos; what is more than [`MOST_PICTURES`] is left out.
    pub pictures: Vec<Picture>,
}

/// A photo of an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The photo.
    pub jpeg: Jpeg,
    /// When it was taken, and what it shows.
    pub caption: String,
}

impl Album {
    /// Puts the photos into a file and gives the page that shows them.
    pub(super) fn page(&self, fonts: &mut Fonts, file: &mut File) -> (Page, Vec<Placed>) {
        let mut shapes = Vec::new();
        let mut say = |x: f32, y: f32, size: f32, weight: Weight, line| {
            shapes.push(Shape::Text { x, y: y + size * ASCENT, size, weight, colour: BLACK, line });
            y + size * LEADING
        };
        let mut top = MARGIN;
        for (text, size, weight) in
            [(&self.title, SIZE * 1.5, Weight::Bold), (&self.subtitle, SIZE, Weight::Regular)]
        {
            let line = fonts.fitted(text, weight, (A4.0 - 2.0 * MARGIN) / size);
            top = say(MARGIN, top, size, weight, line);
        }
        top += 2.0;
        let mut placed = Vec::new();
        for (at, picture) in self.pictures.iter().take(MOST_PICTURES).enumerate() {
            let x = MARGIN + (at % COLUMNS) as f32 * CELL.0;
            let below = top + (at / COLUMNS) as f32 * CELL.1 + PHOTO.1;
            let (width, height) = picture.jpeg.within(PHOTO);
            // It stands on its words.
            placed.push(Placed { picture: file.picture(&picture.jpeg), x, y: below - height, width, height });
            let lines = fonts.wrapped(&picture.caption, Weight::Regular, PHOTO.0 / CAPTION);
            let mut y = below + 0.5;
            for line in lines.into_iter().take(CAPTION_LINES) {
                y = say(x, y, CAPTION, Weight::Regular, line);
            }
        }
        ((A4, shapes), placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf;
    use crate::report::{Report, pdf as drawn};

    fn picture(number: u16) -> Picture {
        let jpeg = Jpeg::read(pdf::tests::head(100 + number, 80, 3)).unwrap();
        Picture {
            jpeg, caption: format!("26 พ.ย. 2569 · รูปแผลกดทับที่ก้นกบ ระดับ 3 ซ้ายมือ รูปที่ {number}")
        }
    }

    fn count(file: &[u8], text: &[u8]) -> usize {
        file.windows(text.len()).filter(|window| *window == text).count()
    }

    #[test]
    fn a_page_holds_twelve_photos_and_no_more() {
        let album = |pictures: u16| Album {
            title: "รูปถ่าย".into(),
            subtitle: "นางมาลี".into(),
            pictures: (0..pictures).map(picture).collect(),
        };
        let report = Report { title: "ประวัติ".into(), ..Report::default() };
        let file = |album: &Album| drawn(std::slice::from_ref(&report), Some(album), "พิมพ์วันนี้").unwrap();
        let (few, many) = (file(&album(2)), file(&album(40)));
        assert_eq!((count(&few, b"/DCTDecode"), count(&many, b"/DCTDecode")), (2, MOST_PICTURES));
        assert_eq!((count(&many, b"/Width 111"), count(&many, b"/Width 112")), (1, 0), "the first twelve");
        assert!(count(&few, &pdf::tests::head(101, 80, 3)) == 1, "the photo is in it as it was");
        assert_eq!(count(&file(&album(0)), b"/Count 1"), 1, "no photos, no page for them");
    }

    #[test]
    fn everything_of_an_album_lies_on_its_page() {
        let album = Album { pictures: (0..12).map(picture).collect(), ..Album::default() };
        let mut fonts = Fonts::load().unwrap();
        let (((width, height), shapes), placed) = album.page(&mut fonts, &mut File::new());
        assert_eq!(placed.len(), 12);
        for one in &placed {
            assert!(one.x >= MARGIN && one.x + one.width <= width - MARGIN + 0.01, "{one:?}");
            assert!(one.y >= MARGIN && one.y + one.height <= height - MARGIN, "{one:?}");
        }
        for shape in &shapes {
            if let Shape::Text { x, y, size, line, .. } = shape {
                assert!(x + line.width * size <= width - MARGIN + 0.01 && *y <= height - MARGIN);
            }
        }
    }
}
