//! What the topics hold, as JSON lines for the oracle: bytes, and nothing the product says of itself.

use std::io::Write as _;
use std::path::Path;

use homeqos::ingest::Input;
use serde_json::{Value, json};

use crate::support::broker::Broker;
use crate::support::records::{committed, ends, read_all};
use crate::support::topics::Deployment;

/// Topics that are dumped whole; of the other inputs only their ends.
const WHOLE: [&str; 5] = ["crm", "offers", "journal", "areas", "dead_letters"];

pub(crate) fn dump(broker: &Broker, deployment: &Deployment, folder: &Path) {
    for key in WHOLE {
        let mut file =
            std::io::BufWriter::new(std::fs::File::create(folder.join(format!("{key}.jsonl"))).expect("a file"));
        for read in read_all(broker, &deployment.topic(key)) {
            let value = read.value.as_deref().map(String::from_utf8_lossy);
            let line = json!({
                "partition": read.partition, "offset": read.offset, "timestamp": read.timestamp,
                "key": read.key, "value": value, "headers": read.headers,
            });
            writeln!(file, "{line}").expect("a line");
        }
    }
    let offsets: serde_json::Map<String, Value> = Input::KEYED
        .iter()
        .map(|input| input.as_str())
        .chain(["area_counts"])
        .map(|key| {
            let topic = deployment.topic(key);
            let (done, ends) = (committed(broker, &deployment.name, &topic), ends(broker, &topic));
            let mark = |(offset, text): &(i64, String)| json!({"offset": offset, "mark": text});
            let by = |p: &i32| json!({"end": ends[p], "committed": done.get(p).map(mark)});
            let all: serde_json::Map<String, Value> = ends.keys().map(|p| (p.to_string(), by(p))).collect();
            (key.to_owned(), Value::Object(all))
        })
        .collect();
    std::fs::write(folder.join("offsets.json"), Value::Object(offsets).to_string()).expect("a file");
}
