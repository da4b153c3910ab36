//! The base map, piece by piece, as the map's reader asks for it.

use crate::world::World;
use sync_server::Outside;

#[test]
fn the_base_map_is_given_piece_by_piece_where_there_is_one() {
    let folder = std::env::temp_dir().join(format!("sanam-map-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("map.pmtiles");
    let world =
        World::start_reaching(|_| {}, None, Outside { base_map: Some(file.clone()), ..Outside::default() });
    let path = "/map/base.pmtiles";
    assert_eq!(world.get(path, &[("range", "bytes=0-9")]).status, 404, "the municipality has none");
    std::fs::write(&file, b"PMTiles\x03 and the rest").unwrap();
    let piece = world.get(path, &[("range", "bytes=0-7")]);
    assert_eq!((piece.status, piece.body.as_slice()), (206, b"PMTiles\x03".as_slice()));
    assert_eq!(piece.header("content-range"), "bytes 0-7/21");
    assert!(!piece.header("etag").is_empty());
    assert_eq!(world.get(path, &[("range", "bytes=9-400")]).body, b"and the rest");
    assert_eq!(world.get(path, &[("range", "bytes=90-400")]).status, 416);
    assert_eq!(world.get(path, &[]).status, 416, "never the whole of it");
    assert_eq!(world.get("/map/../sanam.db", &[("range", "bytes=0-9")]).status, 404);
}
