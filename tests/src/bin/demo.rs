//! `make demo`: real requests through Envoy, the filter and the sidecar, and one table of what was decided. Exits 0 only
//! if every row is as expected.

use weir_tests::demo::{Demo, Row};
use weir_tests::failure::{Failure, Result};

#[tokio::main]
async fn main() -> Result<()> {
    println!(
        "Starting a mock model, the sidecar, Envoy with the filter, and a plain Envoy to compare with ..."
    );
    let demo = Demo::start().await?;
    let rows = demo.run(&mut |text| print!("{text}")).await?;
    print(&rows);
    let wrong = rows.iter().filter(|row| !row.is_right()).count();
    if wrong > 0 {
        return Err(Failure::new(format!("{wrong} of {} rows are not as expected", rows.len())));
    }
    println!("\nAll {} rows as expected.", rows.len());
    Ok(())
}

fn print(rows: &[Row]) {
    println!(
        "\n{:<33} {:<20} {:<17} {:<16} {:>9}  expected | seen",
        "request", "decision", "reason", "layer", "added ms"
    );
    println!("{}", "-".repeat(125));
    for row in rows {
        let added = row.added_ms.map_or_else(String::new, |ms| format!("{ms:+.2}"));
        let seen =
            if row.is_right() { "as expected".into() } else { format!("WRONG: {}", row.wrong.join("; ")) };
        println!(
            "{:<33} {:<20} {:<17} {:<16} {added:>9}  {} | {seen}",
            row.title, row.decision, row.reason, row.layer, row.expected
        );
    }
    println!("Added: this request through Envoy with Weir, less the median of 5 through plain Envoy.");
}
