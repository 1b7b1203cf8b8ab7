//! Sources with names, units and habits of their own. Pure.

use super::super::{MappingFile, decode_cell};
use super::*;
use crate::units::{LatLon, Millis, Rat};

fn mapping(toml: &str) -> Mapping {
    Mapping::new(&MappingFile::parse(toml).unwrap()).unwrap()
}

/// Why a mapping cannot be used.
fn refusal(toml: &str) -> String {
    MappingFile::parse(toml).and_then(|file| Mapping::new(&file)).unwrap_err().to_string()
}

fn mapped(mapping: &Mapping, input: Input, body: &str) -> Result<Observation, Rejection> {
    decode(input, Some(CUSTOMER.as_bytes()), Some(body.as_bytes()), mapping)
}

fn mapped_probe(mapping: &Mapping, body: &str) -> Result<Probe, Rejection> {
    mapped(mapping, Input::Probes, body).map(|obs| match obs {
        Observation::Probe(probe) => probe,
        other => panic!("{other:?} is no probe"),
    })
}

const VENDOR: &str = r#"
[probes]
loose_types = true
sentinels = ["n/a", -1]
absent_positions = [[0.0, 0.0]]
[probes.fields]
customer_id = { source = "@key" }
event_id = "meta.uid"
ts = { source = "meta.t", time_format = "epoch_s" }
kind = { source = "type", map = { MR = "measurement", DROP = "call_drop", "*" = "data_session" } }
cell_id = "radio.eci"
rat = [
  { value = "nr", when = { tech = [5], "radio.nr.rsrp" = "present" } },
  { source = "tech", map = { "5" = "lte", "4" = "lte" } },
]
rsrp_dbm = [
  { source = "radio.nr.rsrp", sentinels = [-999], when = { tech = [5] } },
  { source = "radio.idx", offset = -140 },
]
lat = "pos.lat"
lon = "pos.lon"
dl_kbps = { source = "thr", unit = "Mbit/s" }
loss_pct = { source = "loss", unit = "1" }
"#;

#[test]
fn a_vendors_paths_units_words_and_fallbacks_become_ours() {
    let mapping = mapping(VENDOR);
    let body = r#"{"meta":{"uid":"u1","t":"1792443845.5","x":[1]},"type":"MR","tech":5,"thr":"1.45","loss":0.02,"cqi":"9",
        "radio":{"eci":10805003,"nr":{"rsrp":-101.5},"idx":40},"pos":{"lat":0,"lon":0}}"#;
    let probe = mapped_probe(&mapping, body).unwrap();
    assert_eq!((probe.ts, probe.kind.as_str()), (Millis(1_792_443_845_500), "measurement"));
    assert_eq!((probe.cell_id.as_deref(), probe.rat), (Some("10805003"), Some(Rat::Nr)));
    assert_eq!((probe.rsrp_dbm, probe.dl_kbps, probe.loss_pct), (Some(-101.5), Some(1450.0), Some(2.0)));
    assert_eq!((probe.cqi, probe.pos), (Some(9), None), "an unlisted field is read under its own name");
    let fallen = mapped_probe(&mapping, &body.replace("-101.5", "-999")).unwrap();
    assert_eq!((fallen.rat, fallen.rsrp_dbm), (Some(Rat::Lte), Some(-100.0)));
    let anchored = mapped_probe(&mapping, &body.replace("\"tech\":5", "\"tech\":4")).unwrap();
    assert_eq!((anchored.rat, anchored.rsrp_dbm), (Some(Rat::Lte), Some(-100.0)));
    let other = mapped_probe(&mapping, &body.replace("\"MR\"", "\"XDR\"").replace("1.45", "n/a")).unwrap();
    assert_eq!((other.kind.as_str(), other.dl_kbps), ("data_session", None));
}

#[test]
fn a_mapped_record_is_checked_like_our_own() {
    let mapping = mapping(VENDOR);
    let body = |fields: &str| format!(r#"{{"meta":{{"t":1}},"type":"MR"{fields}}}"#);
    let said = |fields: &str| mapped_probe(&mapping, &body(fields)).map_err(|r| r.code);
    assert!(said("").is_ok());
    assert_eq!(said(r#","radio":{"idx":200}"#), Err(RejectCode::OutOfRange));
    assert_eq!(said(r#","thr":"fast""#), Err(RejectCode::WrongType));
    assert_eq!(said(r#","radio":7"#), Err(RejectCode::WrongType));
    assert_eq!(said(r#","radio":{"idx":1,"idx":2}"#), Err(RejectCode::WrongType));
    assert_eq!(said(r#","radio":{},"radio":{}"#), Err(RejectCode::WrongType));
    assert_eq!(said(r#","radio":null"#).unwrap().rsrp_dbm, None);
    assert_eq!(said(r#","pos":{"lat":0,"lon":4}"#).unwrap().pos, LatLon::new(0.0, 4.0));
    assert_eq!(said(r#","pos":{"lat":45.0}"#), Err(RejectCode::BadPosition));
    assert_eq!(said(r#","tech":3"#), Err(RejectCode::OutOfRange));
    assert_eq!(
        mapped_probe(&mapping, r#"{"meta":{"t":"soon"},"type":"MR"}"#).map_err(|r| r.code),
        Err(RejectCode::WrongType)
    );
    assert_eq!(mapped_probe(&mapping, r#"{"type":"MR"}"#).map_err(|r| r.code), Err(RejectCode::MissingField));
    assert_eq!(mapped_probe(&mapping, "{").map_err(|r| r.code), Err(RejectCode::NotJson));
}

#[test]
fn a_configured_position_sentinel_is_absent_under_our_own_names_too() {
    let mapping = mapping("[probes]\nabsent_positions = [[0.0, 0.0]]\n[crm]\nabsent_positions = [[-1.0, -1.0]]");
    let at = |lat: i8| format!(r#"{{"customer_id":"C0001234","ts":1,"kind":"rlf","lat":{lat},"lon":{lat}}}"#);
    assert_eq!(mapped_probe(&mapping, &at(0)).unwrap().pos, None);
    assert_eq!(mapped_probe(&mapping, &at(-1)).map_err(|r| r.code), Err(RejectCode::BadPosition));
    let row = r#"{"customer_id":"C0001234","home_lat":-1,"home_lon":-1}"#;
    assert!(mapped(&mapping, Input::Crm, row).is_ok());
}

#[test]
fn rows_of_csv_are_read_by_their_header_or_by_configured_columns() {
    let text = r#"
        [crm]
        format = "csv"
        delimiter = ";"
        [crm.fields]
        customer_id = "id"
        churn_risk = { source = "risk", unit = "%" }
        "device.bands" = "bands"
        "consent.network_care" = { source = "care", map = { Y = "true", N = "false" } }
    "#;
    let csv = mapping(text);
    assert_eq!(csv.csv_delimiter(Input::Crm), Some(b';'));
    assert!(csv.needs_header(Input::Crm));
    let row = "C0001234;2.1;\"3;7\";Y;x";
    assert_eq!(mapped(&csv, Input::Crm, row).unwrap_err().code, RejectCode::WrongType);
    let headed = csv.with_header(Input::Crm, "\u{feff}id;risk;bands;care;other\r".as_bytes()).unwrap();
    assert!(!headed.needs_header(Input::Crm));
    let Ok(Observation::Crm(read)) = mapped(&headed, Input::Crm, row) else { panic!("no CRM row") };
    assert_eq!((read.churn_risk, read.device.bands), (Some(0.021), 1 << 3 | 1 << 7));
    assert_eq!(read.consent.network_care, Some(true));
    let with_columns =
        mapping(&text.replace("delimiter", "columns = [\"care\", \"id\", \"risk\", \"bands\"]\ndelimiter"));
    let bare = mapped(&with_columns, Input::Crm, "Y;C0001234;2.1;3;7");
    assert_eq!(bare.unwrap_err().code, RejectCode::WrongType, "five columns where four are named");
    let quoted = mapped(&with_columns, Input::Crm, "Y;C0001234;2.1;\"3;7\"").unwrap();
    assert_eq!(quoted, Observation::Crm(read));
    assert_eq!(mapped(&headed, Input::Crm, "C0001234;\"2.1").unwrap_err().code, RejectCode::NotJson);
    assert_eq!(mapped(&headed, Input::Crm, "C0001234;2,1;;;").unwrap_err().code, RejectCode::WrongType);
    let missing = csv.with_header(Input::Crm, b"id;risk;bands").unwrap_err().to_string();
    assert!(missing.contains("no column is named `care`"), "{missing}");
    assert!(csv.with_header(Input::Probes, b"a,b").unwrap_err().to_string().contains("JSON"));
}

#[test]
fn cells_have_mappings_too() {
    let cells =
        mapping("[cells]\nloose_types = true\n[cells.fields]\ncell_id = { source = \"@key\" }\nneighbours = \"nb\"\n");
    let body = br#"{"site_id":16419,"lat":"45.7","lon":4.8,"rat":"lte","nb":"a;b"}"#;
    let (id, cell) = decode_cell(Some(b"10805003"), Some(body), &cells).unwrap();
    let cell = cell.unwrap();
    assert_eq!((id.as_str(), cell.site_id.as_str(), cell.neighbours.len()), ("10805003", "16419", 2));
}

#[test]
fn the_shipped_identity_is_the_identity_and_lists_every_field() {
    let file = MappingFile::parse(include_str!("../../../config/mappings/identity.toml")).unwrap();
    assert_eq!(file.inputs.len(), Input::ALL.len());
    for (input, spec) in &file.inputs {
        let table = super::super::fields::table(*input);
        let listed: Vec<&str> =
            table.iter().map(|(name, _)| *name).filter(|name| spec.fields.contains_key(*name)).collect();
        assert_eq!((listed.len(), spec.fields.len()), (table.len(), table.len()), "{input}");
    }
    let mapping = Mapping::new(&file).unwrap();
    assert!(Input::ALL.iter().all(|input| !mapping.is_compiled(*input)), "read by the fast path");
}

#[test]
fn the_shipped_gnettrack_mapping_reads_a_row_of_each_mode() {
    let header = "Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,CQI,RSSI,DL_bitrate,\
        UL_bitrate,State,PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS,CELLHEX,NODEHEX,LACHEX,RAWCELLID,NRxRSRP,NRxRSRQ";
    let mapping = mapping(include_str!("../../../config/mappings/ucc-gnettrack.toml"));
    let mapping = mapping.with_header(Input::Probes, header.as_bytes()).unwrap();
    let row = |mode: &str, radio: &str, state: &str, raw: &str, nr: &str| {
        let text = format!(
            "2019.11.25_15.34.34,-8.394703999999999,51.886183,0,B,11,{mode},{radio},-,100,30,{state},67.0,65.0,76.0,4.0,0.0,B,A4DF,9CBA,{raw},{nr}"
        );
        mapped_probe(&mapping, &text).unwrap()
    };
    let nr = row("5G", "-97,-13,-3.0,6", "D", "10805003", "-107.0,-20.0");
    assert_eq!((nr.ts, nr.pos), (Millis(1_574_696_074_000), LatLon::new(51.886_18, -8.3947)));
    assert_eq!((nr.rat, nr.rsrp_dbm, nr.rsrq_db), (Some(Rat::Nr), Some(-107.0), Some(-20.0)));
    assert_eq!((nr.sinr_db, nr.cqi, nr.cell_id.as_deref()), (Some(-3.0), Some(6), Some("10805003")));
    assert_eq!((nr.dl_kbps, nr.ul_kbps, nr.latency_ms, nr.loss_pct), (Some(100.0), Some(30.0), Some(67.0), Some(0.0)));
    for (nr_values, rat, rsrp, rsrq) in [
        ("-,-", Rat::Lte, -97.0, Some(-13.0)),
        ("-205.0,-8.0", Rat::Lte, -97.0, Some(-13.0)),
        ("-51.0,-24.0", Rat::Lte, -97.0, Some(-13.0)),
        ("-107.0,-204.0", Rat::Nr, -107.0, None),
        ("-107.0,2147483647.0", Rat::Nr, -107.0, None),
    ] {
        let read = row("5G", "-97,-13,-3.0,6", "I", "10805003", nr_values);
        assert_eq!(
            (read.rat, read.rsrp_dbm, read.rsrq_db, read.dl_kbps),
            (Some(rat), Some(rsrp), rsrq, None),
            "{nr_values}"
        );
    }
    let lte = row("LTE", "-97,-13,-3.0,6", "I", "10805003", "-107.0,-20.0");
    assert_eq!((lte.rat, lte.rsrp_dbm, lte.rsrq_db), (Some(Rat::Lte), Some(-97.0), Some(-13.0)));
    let umts = row("HSPA+", "-81,-2,-,-", "I", "19737028", "-51.0,-24.0");
    assert_eq!((umts.rat, umts.rsrp_dbm, umts.rsrq_db, umts.signal_dbm), (Some(Rat::Umts), None, None, Some(-81.0)));
    let gsm = row("GPRS", "-51,7,-,-", "I", "0", "-51.0,-");
    assert_eq!((gsm.rat, gsm.signal_dbm, gsm.cell_id), (Some(Rat::Gsm), Some(-51.0), None));
    assert_eq!(row("HSPA+", "-200,-,-,-", "I", "1", "-,-").signal_dbm, None);
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused_with_a_sentence() {
    for (toml, said) in [
        ("[prosbes]", "prosbes"),
        ("[probes]\nfromat = \"csv\"", "fromat"),
        ("[probes]\nformat = \"xml\"", "xml"),
        ("[probes.fields]\nrsrp = \"RSRP\"", "fields.rsrp: no field of probes, which has event_id"),
        ("[probes.fields]\nrsrp_dbm = { from = \"RSRP\" }", "from"),
        ("[probes.fields]\nrsrp_dbm = {}", "needs a `source` or a `value`"),
        ("[probes.fields]\nrsrp_dbm = { source = \"a\", value = 1 }", "not both"),
        (
            "[probes.fields]\ndl_kbps = { source = \"a\", unit = \"mph\" }",
            "fields.dl_kbps: unit `mph` is none of bit/s, kbit/s",
        ),
        ("[probes.fields]\ncqi = { source = \"a\", unit = \"dB\" }", "has no unit"),
        ("[probes.fields]\ndl_kbps = { source = \"a\", unit = \"kbit/s\", scale = 2 }", "not both"),
        ("[probes.fields]\nkind = { source = \"a\", scale = 2 }", "only a number"),
        ("[probes.fields]\nkind = { source = \"a\", zone = \"UTC\" }", "only a time"),
        (
            "[probes.fields]\nts = { source = \"a\", time_format = \"%H:%M\", zone = \"UTC\" }",
            "does not tell an instant",
        ),
        ("[probes.fields]\nts = { source = \"a\", time_format = \"%F %T\", zone = \"Europe/Lyon\" }", "Europe/Lyon"),
        ("[probes.fields]\ncell_id = \"a\"\nrat = \"a.b\"", "a value and an object"),
        ("[probes.fields]\nkind = { value = \"rlf\", when = { a = \"maybe\" } }", "\"present\", \"absent\", or a list"),
        ("[probes.fields]\nkind = { value = \"rlf\", sentinels = [1] }", "sentinels"),
        ("[probes]\ncolumns = [\"a\"]", "format = \"csv\""),
        ("[probes]\nformat = \"csv\"\ncolumns = [\"ts\", \"ts\"]", "two columns are named `ts`"),
        ("[probes]\nformat = \"csv\"\ndelimiter = \"\\n\"", "delimiter"),
    ] {
        let refused = refusal(toml);
        assert!(refused.contains(said), "{toml}\nsaid: {refused}");
    }
}
