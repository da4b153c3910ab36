//! Whatever is written or answered, nothing panics and nothing runs for ever.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use forms::{Filling, FixedHost, Form, Sheets, xpath};
use proptest::prelude::*;

/// Pieces of expressions, so that random ones are often valid.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("."),
        Just(".."),
        Just("/"),
        Just("//"),
        Just("*"),
        Just("a"),
        Just("rep"),
        Just("/data/rep/a"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just("1"),
        Just("-"),
        Just("0.5"),
        Just("'x'"),
        Just("'2026-01-01'"),
        Just("''"),
        Just(" and "),
        Just(" or "),
        Just(" div "),
        Just(" mod "),
        Just("="),
        Just("!="),
        Just("<"),
        Just("+"),
        Just("|"),
        Just(","),
        Just("count("),
        Just("sum("),
        Just("position("),
        Just("substr("),
        Just("round("),
        Just("regex("),
        Just("date("),
        Just("format-date("),
        Just("selected-at("),
        Just("concat("),
        Just("if("),
        Just("indexed-repeat("),
        Just("randomize("),
        Just("instance('l')/root/item"),
        Just("current()"),
        Just("today()"),
        Just("ancestor::"),
        Just("following::"),
        Just("preceding::"),
        Just("@"),
        Just("$v"),
        Just("๕"),
        Just("\u{0}"),
        Just("area("),
        Just("digest("),
        Just("translate("),
        Just("uuid("),
        Just("decimal-time("),
        Just("add-date("),
        Just("pulldata("),
        Just("id("),
        Just("jr:choice-name("),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn sample() -> Arc<Form> {
    let survey = "type,name,label\ntext,a,ก\nbegin_repeat,rep,x\ntext,a,ก\nselect_one l,s,ข\nend_repeat,,\n";
    let sheets =
        Sheets::from_csv([("survey", survey), ("choices", "list_name,name,label\nl,1,a\nl,2,b\n")]).unwrap();
    Arc::new(forms::import(&sheets).unwrap().form)
}

/// The sample form with an expression as calculation, condition and filter.
fn with_expression(expression: &str) -> Option<Arc<Form>> {
    let mut definition = sample().definition().clone();
    for node in &mut definition.nodes {
        match node.name.as_str() {
            "a" => node.logic.calculate = expression.to_owned(),
            "s" => {
                node.logic.relevant = expression.to_owned();
                node.choices.as_mut()?.nodeset = format!("instance('l')/root/item[{expression}]");
            }
            _ => {}
        }
    }
    Form::new(definition).ok().map(Arc::new)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(source in ".{0,200}") {
        let _ = xpath::parse(&source);
    }

    #[test]
    fn any_expression_can_be_evaluated(source in pieces(), typed in ".{0,30}") {
        if xpath::parse(&source).is_ok() && let Some(form) = with_expression(&source) {
            let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(0)));
            let _ = filling.add_repeat("/data/rep");
            let _ = filling.set("/data/rep[1]/s", &typed);
            let _ = (filling.pages(), filling.problems(), filling.finish());
        }
    }

    #[test]
    fn any_typing_is_kept_or_understood(typed in "\\PC{0,40}", kind in 0..9_usize) {
        let kind = ["text", "integer", "decimal", "date", "time", "dateTime", "geopoint", "barcode", "range"][kind];
        let survey = format!("type,name,label,constraint\n{kind},q,x,\". != '1' and regex(., '[0-9]*') and number(.) > 3\"\n");
        let form = Arc::new(forms::import(&Sheets::from_csv([("survey", survey.as_str())]).unwrap()).unwrap().form);
        let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(0)));
        filling.set("q", &typed).unwrap();
        let shown = filling.item("q").unwrap().value;
        prop_assert_eq!(shown.is_empty(), typed.trim().is_empty() && (kind != "text" || typed.is_empty()));
        // Saying the same again changes nothing.
        let once = filling.value("q").unwrap();
        filling.set("q", &once).unwrap();
        prop_assert_eq!(filling.value("q").unwrap(), once);
        let _ = (filling.problems(), filling.finish());
    }

    #[test]
    fn any_sheet_is_read_or_refused(survey in "(type|name|label|relevant|calculation|begin_group|end_group|text|\\$\\{a\\}|a|,|\n|\"){0,60}") {
        if let Ok(sheets) = Sheets::from_csv([("survey", survey.as_str())]) {
            let _ = forms::import(&sheets);
        }
    }
}

#[test]
fn deep_nesting_is_refused_not_overflowed() {
    for opening in ["(", "-(", "not(", "a[", "if(1,1,"] {
        let deep =
            format!("{}1{}", opening.repeat(5000), if opening == "a[" { "]" } else { ")" }.repeat(5000));
        assert!(xpath::parse(&deep).is_err());
    }
}

#[test]
fn long_chains_are_fine() {
    let chain = vec!["1"; 20_000].join(" + ");
    let form = with_expression(&chain).unwrap();
    let filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(0)));
    assert_eq!(filling.value("/data/a").unwrap(), "20000");
}

#[test]
fn endless_work_is_cut_off() {
    // Every node against every node, eight times over.
    let level = |inner: String| format!("count(//*[{inner} > 0])");
    let endless = (0..8).fold("count(//*)".to_owned(), |inner, _| level(inner));
    let form = with_expression(&endless).unwrap();
    let filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(0)));
    assert!(filling.troubles().iter().any(|trouble| trouble.contains("too much work")));
}

const CONNECTED: &str = "\
type,name,label,relevant,calculation,choice_filter,repeat_count
integer,a,A,,,,
integer,b,B,${a} > 2,,,
calculate,ab,,,\"coalesce(${a}, 0) + coalesce(${b}, 0)\",,
begin_group,g,G,${ab} != 4,,,
select_one l,s,S,,,more = ${a} or ${a} = '',
calculate,shown,,,\"concat(jr:choice-name(${s}, '${s}'), ${n})\",,
end_group,,,,,,
begin_repeat,r,R,${b} != 3,,,
integer,x,X,../../a < 4,,,
calculate,place,,,position(..),,
calculate,upto,,,\"sum(../preceding-sibling::r/x) + coalesce(${x}, 0)\",,
begin_repeat,inner,I,,,,
integer,y,Y,,,,
calculate,xy,,,\"concat(${x}, '-', ${y}, '-', ${place})\",,
end_repeat,,,,,,
calculate,inners,,,count(${inner}) * 10 + sum(${y}),,
end_repeat,,,,,,
calculate,n,,,count(${r}),,
calculate,total,,,sum(${x}) + sum(${y}),,
calculate,second,,,\"indexed-repeat(${x}, ${r}, 2)\",,
calculate,chosen,,,\"count(/data/r[x > 1])\",,
begin_repeat,c,C,,,,${a}
text,t,T,,,,
end_repeat,,,,,,
calculate,texts,,,\"join(',', ${t})\",,
";

/// Things a person may do.
fn deeds() -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec((0..9_u8, 1..4_u8, 0..6_u8), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is worked out step by step is what is worked out from scratch.
    #[test]
    fn small_steps_lead_to_the_same_record(deeds in deeds()) {
        let choices = "list_name,name,label,more\nl,p,P,1\nl,q,Q,2\nl,z,Z,3\n";
        let sheets = Sheets::from_csv([("survey", CONNECTED), ("choices", choices)]).unwrap();
        let form = Arc::new(forms::import(&sheets).unwrap().form);
        let mut filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(0)));
        for (deed, place, value) in deeds {
            let number = value.to_string();
            let _ = match deed {
                0 => filling.set("/data/a", &number),
                1 => filling.set("/data/b", &number),
                2 => filling.set("/data/g/s", ["p", "q", "z", "", "p", "q"][usize::from(value)]),
                3 => filling.set(&format!("/data/r[{place}]/x"), &number),
                4 => filling.set(&format!("/data/r[{place}]/inner[1]/y"), &number),
                5 => filling.add_repeat("/data/r").map(|_| ()),
                6 => filling.remove_repeat(&format!("/data/r[{place}]")),
                7 => filling.add_repeat(&format!("/data/r[{place}]/inner")).map(|_| ()),
                _ => filling.set(&format!("/data/c[{place}]/t"), &number),
            };
        }
        let again = Filling::resume(&form, &filling.draft(), Box::new(FixedHost::at(0))).unwrap();
        prop_assert_eq!(filling.record(), again.record());
        prop_assert_eq!(filling.draft(), again.draft());
        prop_assert_eq!(filling.troubles(), Vec::<String>::new());
    }
}
