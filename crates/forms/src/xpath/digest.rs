//! MD5, SHA-1, SHA-256, SHA-384, SHA-512 and base64, for `digest()`.
//!
//! Forms use them for check values and seeds, never for secrets, so short code matters more here than speed.

/// Digest of a text in `hex` or `base64`; `None` for an unknown algorithm or encoding.
pub fn digest(text: &str, algorithm: &str, encoding: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let sum = match algorithm.to_ascii_uppercase().as_str() {
        "MD5" => md5(bytes),
        "SHA-1" => sha1(bytes),
        "SHA-256" => sha256(bytes),
        "SHA-384" => sha512(bytes, &START_384).into_iter().take(48).collect(),
        "SHA-512" => sha512(bytes, &START_512),
        _ => return None,
    };
    match encoding {
        "hex" => Some(sum.iter().map(|byte| format!("{byte:02x}")).collect()),
        "base64" => Some(base64(&sum)),
        _ => None,
    }
}

/// Seed made of a text that is no number: the first eight bytes of its SHA-256.
pub fn seed_of(text: &str) -> i64 {
    sha256(text.as_bytes()).into_iter().take(8).fold(0_i64, |seed, byte| (seed << 8) | i64::from(byte))
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let packed = group
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_usize, |packed, byte| (packed << 8) | usize::from(*byte));
        for place in 0..4 {
            let letter = LETTERS.get((packed >> (18 - 6 * place)) & 63).copied().unwrap_or(b'=');
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Decodes base64 into text; what is not UTF-8 is replaced, what is no base64 gives nothing.
pub fn base64_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let (mut packed, mut bits) = (0_u32, 0);
    for letter in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let Some(value) = LETTERS.iter().position(|known| *known == letter) else { return String::new() };
        packed = (packed << 6) | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((packed >> bits) as u8);
            packed &= (1 << bits) - 1;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Fills the text up to whole blocks: a 1 bit, zeros, and the length in bits.
fn padded(bytes: &[u8], block: usize, big_endian: bool) -> Vec<u8> {
    let mut all = bytes.to_vec();
    all.push(0x80);
    while all.len() % block != block - 8 {
        all.push(0);
    }
    let bits = (bytes.len() as u64).wrapping_mul(8);
    all.extend(if big_endian { bits.to_be_bytes() } else { bits.to_le_bytes() });
    all
}

fn words32(block: &[u8], big_endian: bool) -> Vec<u32> {
    let word = |four: &[u8]| {
        let bytes: [u8; 4] = four.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    block.chunks(4).map(word).collect()
}

fn at<T: Copy + Default>(list: &[T], place: usize) -> T {
    list.get(place).copied().unwrap_or_default()
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let (mut a0, mut b0, mut c0, mut d0) =
        (0x6745_2301_u32, 0xefcd_ab89_u32, 0x98ba_dcfe_u32, 0x1032_5476_u32);
    for block in padded(bytes, 64, false).chunks(64) {
        let words = words32(block, false);
        let (mut a, mut b, mut c, mut d) = (a0, b0, c0, d0);
        for round in 0..64_usize {
            let (mixed, place) = match round / 16 {
                0 => ((b & c) | (!b & d), round),
                1 => ((d & b) | (!d & c), (5 * round + 1) % 16),
                2 => (b ^ c ^ d, (3 * round + 5) % 16),
                _ => (c ^ (b | !d), (7 * round) % 16),
            };
            let constant = ((round as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32;
            let sum = mixed.wrapping_add(a).wrapping_add(constant).wrapping_add(at(&words, place));
            let turn = TURNS.get(round / 16).map_or(0, |turns| at(turns, round % 4));
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(turn)));
        }
        (a0, b0, c0, d0) = (a0.wrapping_add(a), b0.wrapping_add(b), c0.wrapping_add(c), d0.wrapping_add(d));
    }
    [a0, b0, c0, d0].into_iter().flat_map(u32::to_le_bytes).collect()
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(bytes, 64, true).chunks(64) {
        let mut words = words32(block, true);
        for place in 16..80 {
            let mixed = at(&words, place - 3)
                ^ at(&words, place - 8)
                ^ at(&words, place - 14)
                ^ at(&words, place - 16);
            words.push(mixed.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999_u32),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (slot, add) in state.iter_mut().zip([a, b, c, d, e]) {
            *slot = slot.wrapping_add(add);
        }
    }
    state.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    // The constants of SHA-256 are the upper halves of those of SHA-512.
    let constants: Vec<u32> = CONSTANTS_512.iter().take(64).map(|constant| (constant >> 32) as u32).collect();
    let mut state: Vec<u32> = START_512.iter().map(|start| (start >> 32) as u32).collect();
    for block in padded(bytes, 64, true).chunks(64) {
        let mut words = words32(block, true);
        for place in 16..64 {
            let (early, late) = (at(&words, place - 15), at(&words, place - 2));
            let first = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
            let second = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
            words.push(
                at(&words, place - 16)
                    .wrapping_add(first)
                    .wrapping_add(at(&words, place - 7))
                    .wrapping_add(second),
            );
        }
        let mut run: [u32; 8] = state.clone().try_into().unwrap_or_default();
        for (word, constant) in words.iter().zip(&constants) {
            let [a, b, c, d, e, f, g, h] = run;
            let first = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let sum = h
                .wrapping_add(first)
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(*constant)
                .wrapping_add(*word);
            let second = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let add = second.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            run = [sum.wrapping_add(add), a, b, c, d.wrapping_add(sum), e, f, g];
        }
        for (slot, add) in state.iter_mut().zip(run) {
            *slot = slot.wrapping_add(add);
        }
    }
    state.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn sha512(bytes: &[u8], start: &[u64; 8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    all.push(0x80);
    while all.len() % 128 != 112 {
        all.push(0);
    }
    all.extend((bytes.len() as u128).wrapping_mul(8).to_be_bytes());
    let mut state = *start;
    for block in all.chunks(128) {
        let mut words: Vec<u64> =
            block.chunks(8).map(|eight| u64::from_be_bytes(eight.try_into().unwrap_or_default())).collect();
        for place in 16..80 {
            let (early, late) = (at(&words, place - 15), at(&words, place - 2));
            let first = early.rotate_right(1) ^ early.rotate_right(8) ^ (early >> 7);
            let second = late.rotate_right(19) ^ late.rotate_right(61) ^ (late >> 6);
            words.push(
                at(&words, place - 16)
                    .wrapping_add(first)
                    .wrapping_add(at(&words, place - 7))
                    .wrapping_add(second),
            );
        }
        let mut run = state;
        for (word, constant) in words.iter().zip(CONSTANTS_512) {
            let [a, b, c, d, e, f, g, h] = run;
            let first = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
            let sum = h
                .wrapping_add(first)
                .wrapping_add((e & f) ^ (!e & g))
                .wrapping_add(constant)
                .wrapping_add(*word);
            let second = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
            let add = second.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            run = [sum.wrapping_add(add), a, b, c, d.wrapping_add(sum), e, f, g];
        }
        for (slot, add) in state.iter_mut().zip(run) {
            *slot = slot.wrapping_add(add);
        }
    }
    state.into_iter().flat_map(u64::to_be_bytes).collect()
}

/// Fractions of the square roots of the first eight primes.
const START_512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Fractions of the square roots of the ninth to sixteenth primes.
const START_384: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31,
    0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7,
    0x47b5_481d_befa_4fa4,
];

/// Fractions of the cube roots of the first eighty primes.
const CONSTANTS_512: [u64; 80] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        assert_eq!(digest("", "MD5", "hex").unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(digest("some text", "MD5", "hex").unwrap(), "552e21cd4cd9918678e3c1a0df491bc3");
        assert_eq!(digest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "MD5", "hex").unwrap(), "fb98667f98096de92620b64f46e1c5b5");
        assert_eq!(digest("", "SHA-1", "hex").unwrap(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(digest("some text", "SHA-1", "hex").unwrap(), "37aa63c77398d954473262e1a0057c1e632eda77");
        assert_eq!(digest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "SHA-1", "hex").unwrap(), "ceb2821639c4b6dcb10bce0e522ca2e608ce056d");
        assert_eq!(
            digest("", "SHA-256", "hex").unwrap(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            digest("some text", "SHA-256", "hex").unwrap(),
            "b94f6f125c79e3a5ffaa826f584c10d52ada669e6762051b826b55776d05aed2"
        );
        assert_eq!(digest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "SHA-256", "hex").unwrap(), "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98");
        assert_eq!(
            digest("", "SHA-384", "hex").unwrap(),
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"
        );
        assert_eq!(
            digest("some text", "SHA-384", "hex").unwrap(),
            "cc94ec3e9873c0b9a72486442958f671067cdf77b9427416d031440cc62041e2ee1344498447ec0ced9f7043461bd1f3"
        );
        assert_eq!(digest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "SHA-384", "hex").unwrap(), "34501b37431f75860da053b311c462d279b20adc2e009a9d22cd467f854ef91d157108aad5418f1e7ead9969c7510765");
        assert_eq!(
            digest("", "SHA-512", "hex").unwrap(),
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        );
        assert_eq!(
            digest("some text", "SHA-512", "hex").unwrap(),
            "e2732baedca3eac1407828637de1dbca702c3fc9ece16cf536ddb8d6139cd85dfe7464b8235b29826f608ccf4ac643e29b19c637858a3d8710a59111df42ddb5"
        );
        assert_eq!(digest("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "SHA-512", "hex").unwrap(), "13cdfbc65ba3c85548a7092021c6c0088c2fd745591fbb42dadbe00fbbc94d6894bcd7e9965fff3ab1481453c4b518c15b1938e2c01222ddf75a80c15cb82655");
        assert_eq!(digest("a", "CRC", "hex"), None);
    }

    #[test]
    fn base64_goes_there_and_back() {
        for text in ["", "a", "ab", "abc", "สนาม"] {
            assert_eq!(base64_decode(&base64(text.as_bytes())), text);
        }
        assert_eq!(base64_decode("*"), "");
    }
}
