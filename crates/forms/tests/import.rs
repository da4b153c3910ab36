//! What the importer tells the people who write forms.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use forms::{Message, Sheets};

fn errors(survey: &str, choices: &str) -> Vec<Message> {
    let sheets = Sheets::from_csv([("survey", survey), ("choices", choices)]).unwrap();
    match forms::import(&sheets) {
        Ok(imported) => panic!("accepted: {:?}", imported.warnings),
        Err(errors) => errors,
    }
}

fn warnings(survey: &str) -> Vec<Message> {
    let sheets = Sheets::from_csv([("survey", survey)]).unwrap();
    forms::import(&sheets).unwrap().warnings
}

#[test]
fn mistakes_are_told_with_their_place() {
    // (survey, row, column, words of the English message)
    let cases = [
        ("type,name,label\ntext,,x\n", Some(2), Some("name"), "no name"),
        ("type,name,label\ntext,a b,x\n", Some(2), Some("name"), "cannot be used"),
        ("type,name,label\ntext,a,x\ntext,a,y\n", Some(3), Some("name"), "already a question named a"),
        ("type,name,label\nintegr,a,x\n", Some(2), Some("type"), "integr"),
        ("type,name,label\nselect_one colour,a,x\n", Some(2), Some("type"), "no list colour"),
        (
            "type,name,label,relevant\ntext,reading,x,\ntext,b,x,${readng} = 1\n",
            Some(3),
            Some("relevant"),
            "Did you mean ${reading}",
        ),
        ("type,name,label,calculation\ncalculate,a,,1 +\n", Some(2), Some("calculation"), "ends too early"),
        (
            "type,name,label,calculate\ncalculate,a,,\"selcted('a','b')\"\n",
            Some(2),
            Some("calculate"),
            "no function selcted",
        ),
        (
            "type,name,label,constraint\ntext,a,x,\"regex(.)\"\n",
            Some(2),
            Some("constraint"),
            "takes 2 arguments and got 1",
        ),
        ("type,name,label\nbegin_group,g,x\ntext,a,x\n", Some(2), Some("type"), "no end group"),
        ("type,name,label\ntext,a,x\nend_repeat,,\n", Some(3), Some("type"), "no begin"),
        ("type,name,label\nbegin_group,g,x\nend_repeat,,\n", Some(3), Some("type"), "does not fit"),
        ("type,name,label\ntext,a,\n", Some(2), Some("label"), "no label"),
        ("type,name,label,trigger\ntext,a,x,b\n", Some(2), Some("trigger"), "must be ${question}"),
    ];
    for (survey, row, column, words) in cases {
        let errors = errors(survey, "list_name,name,label\nyesno,yes,ใช่\n");
        let found = errors
            .iter()
            .find(|error| error.en.contains(words))
            .unwrap_or_else(|| panic!("{survey}: {errors:#?}"));
        assert_eq!(
            (found.sheet.as_str(), found.row, found.column.as_deref()),
            ("survey", row, column),
            "{found}"
        );
        assert!(found.th.chars().any(|letter| ('ก'..='๙').contains(&letter)), "{found}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = errors(
        "type,name,label,relevant\ntext,,x,\nnumbr,b,x,\ntext,c,x,${zzz}\n",
        "list_name,name,label\na,,x\n",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().any(|error| error.sheet == "choices" && error.row == Some(2)));
}

#[test]
fn aliases_and_old_spellings_are_understood() {
    let survey = "type,tag,label:Thai,relevance,readonly,constraint message,calculate\n\
                  begin group,g,กลุ่ม,,,,\n\
                  Integer,a,ก,,TRUE,,\n\
                  end group,,,,,,\n\
                  add integer prompt,b,ข,${a} > 1,,ไม่ได้,\n\
                  select one from yesno or_other,c,ค,,,,\n";
    let sheets =
        Sheets::from_csv([("survey.csv", survey), ("choices.csv", "list name,value,caption\nyesno,y,ใช่\n")])
            .unwrap();
    let imported = forms::import(&sheets).unwrap();
    let names: Vec<String> = imported.form.questions().into_iter().map(|question| question.name).collect();
    assert_eq!(names, ["g", "a", "b", "c", "c_other"]);
    assert_eq!(imported.form.languages(), ["Thai"]);
    assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
}

#[test]
fn odd_things_are_warned_about() {
    assert!(warnings("type,name,label,colour\ntext,a,x,red\n")[0].en.contains("not known"));
    assert!(warnings("type,name,label\n")[0].en.contains("no questions"));
    assert!(
        warnings("type,name,label,constraint\ntext,a,x,\"regex(., '(?=a)b')\"\n")[0].en.contains("pattern")
    );
}

#[test]
fn thai_names_and_curly_quotes_work() {
    let survey = "type,name,label,relevant\ntext,ชื่อ,ชื่อ,\ntext,ที่อยู่,ที่อยู่,${ชื่อ} != ‘’ and ${ชื่อ} != “x”\n";
    let sheets = Sheets::from_csv([("survey", survey)]).unwrap();
    assert!(forms::import(&sheets).is_ok());
}

#[test]
fn a_comma_without_quotes_is_noticed() {
    let errors =
        Sheets::from_csv([("survey", "type,name,calculation\ncalculate,a,concat('x', 'y')\n")]).unwrap_err();
    assert_eq!((errors[0].row, errors[0].en.contains("comma")), (Some(2), true));
}

#[test]
fn a_sheet_that_is_too_wide_is_refused() {
    let wide = "a,".repeat(1000);
    let errors = Sheets::from_csv([("survey", wide.as_str())]).unwrap_err();
    assert!(errors[0].en.contains("too large"));
}

#[test]
fn a_function_of_ours_that_is_misspelt_is_a_mistake_of_its_row() {
    for (call, words) in [("th:usge(1, 2)", "no function th:usge"), ("th:usage(1)", "Write th:usage(")] {
        let errors = errors(&format!("type,name,label,calculation\ncalculate,a,,\"{call}\"\n"), "");
        let found =
            errors.iter().find(|error| error.en.contains(words)).unwrap_or_else(|| panic!("{errors:#?}"));
        assert_eq!((found.row, found.column.as_deref()), (Some(2), Some("calculation")));
    }
    // What other programs bring along is theirs to know.
    assert!(!warnings("type,name,label,calculation\ntext,q,Q,\ncalculate,a,,cht:other(1)\n").is_empty());
}

#[test]
fn rows_are_counted_as_a_spreadsheet_counts_them() {
    let row = |survey: &str| errors(survey, "")[0].row;
    assert_eq!(row("type,name,label\ntext,a,x\n\n\nodd,b,y\n"), Some(5), "blank lines count");
    assert_eq!(row("type,name,label\r\ntext,a,x\r\n\r\nodd,b,y\r\n"), Some(4));
    assert_eq!(row("type,name,label\ntext,a,\"two\nlines\"\nodd,b,y"), Some(3), "a line in a cell does not");
    assert_eq!(row("type,name,label\r\ntext,a,\"two\r\nlines\"\r\nodd,b,y"), Some(3));
    let sheets = Sheets::from_csv([("survey", "type,name,label\n\ntext,a,x\n")]).unwrap();
    assert_eq!(forms::import(&sheets).unwrap().rows.get(&1), Some(&3));
}

/// Each of these would keep a server busy for minutes, or fill its memory, if the work were not counted.
#[test]
fn sheets_that_are_meant_to_do_harm_are_refused() {
    let head = "type,name,label,calculation\n";
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let groups = many(10_000, &|at| format!("begin_group,group_of_many_letters_{at},x,\n"));
    let ends = "end_group,,,\n".repeat(10_000);
    let names = many(3_000, &|at| format!("text,{}_{at},x,\n", "a".repeat(35)));
    let unknown = many(4_000, &|at| {
        format!("note,n{at},\"{}\",\n", "${bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb} ".repeat(10))
    });
    let long = many(29, &|at| format!("begin_group,{}{at},x,\n", "ก".repeat(190)));
    let inside = many(15_000, &|at| format!("text,q{at},${{q0}} ${{q0}} ${{q0}},\n"));
    let same = many(6_000, &|at| format!("begin_group,g{at},x,\ntext,q,${{q}},\nend_group,,,\n"));
    let wide = many(9_000, &|at| format!("calculate,c{at},,count(//*/following-sibling::*)\n"));
    let loops = "begin loop over l,a,x,\n".repeat(5_000);
    let loop_ends = "end loop,,,\n".repeat(5_000);
    for (what, survey) in [
        ("deep groups", format!("{head}{groups}text,q,x,\n{ends}")),
        ("unknown names", format!("{head}{names}{unknown}")),
        ("long paths", format!("{head}{long}{inside}{}", "end_group,,,\n".repeat(29))),
        ("one name everywhere", format!("{head}{same}")),
        ("everything reads everything", format!("{head}{wide}")),
        ("deep loops", format!("{head}{loops}text,q,x,\n{loop_ends}")),
        ("too many rows", format!("{head}{}", many(20_001, &|at| format!("text,q{at},x,\n")))),
    ] {
        let errors = errors(&survey, "list_name,name,label\nl,o,x\n");
        assert!(errors.len() <= 202, "{what}: {} messages", errors.len());
        let told = |code| errors.iter().any(|error| error.code == code);
        assert!(
            told(forms::Code::TooLarge)
                || told(forms::Code::ThereIsMore)
                || told(forms::Code::FormUnreadable),
            "{what}: {:?}",
            errors.first()
        );
    }
    let repeated = format!("list_name,name,label\n{}", "l,o,x\n".repeat(50_000));
    let sheets =
        Sheets::from_csv([("survey", "type,name,label\nselect_one l,a,A\n"), ("choices", repeated.as_str())]);
    assert!(forms::import(&sheets.unwrap()).unwrap().warnings.len() <= 200);
}
