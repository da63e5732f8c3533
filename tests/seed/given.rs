// What a test that draws begins from, included where it does: the same each time, or `DRAINBOARD_SEED=S`.
{
    let given = std::env::var("DRAINBOARD_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or(1);
    println!("DRAINBOARD_SEED={seed}");
    seed
}
