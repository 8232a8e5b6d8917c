//! Makes log files, then analyses, packs and checks them: `textkit DIRECTORY [LINES]`.
//!
//! Everything it prints depends on its arguments alone.

mod analyse;
mod corpus;
mod pack;

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: textkit DIRECTORY [LINES]")?;
    let lines = arguments.next().map_or(Ok(2000), |text| text.parse())?;
    let directory = Path::new(&directory);

    let logs = directory.join("logs");
    fs::create_dir_all(&logs)?;
    for (number, host) in ["alpha", "beta", "gamma"].iter().enumerate() {
        fs::write(logs.join(format!("{host}.log")), corpus::log(host, number as u64 + 1, lines))?;
    }

    let summary = analyse::directory(&logs)?;
    for (host, count) in &summary.lines_per_host {
        println!("{host}: {count} lines");
    }
    println!("slowest: {:?}", summary.slowest);
    println!("bytes by status: {:?}", summary.bytes_by_status);
    println!("mean time: {:.6} s, malformed: {}", summary.mean_seconds(), summary.malformed);

    let report = directory.join("report.json");
    fs::write(&report, serde_json::to_string_pretty(&summary)?)?;
    let again: analyse::Summary = serde_json::from_slice(&fs::read(&report)?)?;
    println!("report survives a round trip: {}", again == summary);

    let table = analyse::write_table(&summary, &directory.join("paths.csv"))?;
    println!("table: {table} rows");

    for entry in pack::compress_all(&logs, &directory.join("packed"))? {
        println!("{entry}");
    }
    pack::verify_all(&logs, &directory.join("packed"))?;

    fs::rename(&report, directory.join("final.json"))?;
    fs::remove_file(logs.join("beta.log"))?;
    let mut left: Vec<_> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect::<Result<_, std::io::Error>>()?;
    left.sort();
    println!("left: {left:?}, report gone: {}", !report.exists());
    Ok(())
}
