use super::*;

#[test]
fn arguments_and_variables() {
    let mut guest = Guest::with(|options, _| options.args(["prog", "", "zwei"]).env("A=1").env("LONG=x=y"));
    guest.call("args_sizes_get", &[0, 4]).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (3, 11));
    guest.call("args_get", &[100, 200]).unwrap();
    assert_eq!([guest.u32(100), guest.u32(104), guest.u32(108)], [200, 205, 206]);
    assert_eq!(guest.get(200, 11), b"prog\0\0zwei\0");
    guest.call("environ_sizes_get", &[0, 4]).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (2, 13));
    guest.call("environ_get", &[100, 200]).unwrap();
    assert_eq!(guest.get(200, 13), b"A=1\0LONG=x=y\0");
    assert_eq!(guest.call("args_get", &[65530, 200]), Err(Errno::Fault));
    assert_eq!(guest.call("args_get", &[100, 65530]), Err(Errno::Fault));
}

#[test]
fn no_arguments() {
    let mut guest = Guest::new();
    guest.memory[..8].fill(255);
    guest.call("args_sizes_get", &[0, 4]).unwrap();
    assert_eq!(guest.u64(0), 0);
    guest.call("args_get", &[65536, 65536]).unwrap();
}

#[test]
fn clocks() {
    let mut guest = Guest::new();
    for clock in 0..4 {
        guest.call("clock_res_get", &[clock, RESULT]).unwrap();
        assert!((1..=1_000_000_000).contains(&guest.u64(RESULT)));
        guest.call("clock_time_get", &[clock, 0, RESULT]).unwrap();
        assert!(guest.u64(RESULT) > 0);
    }
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    guest.call("clock_time_get", &[0, 0, RESULT]).unwrap();
    assert!(guest.u64(RESULT).abs_diff(since_1970) < 5_000_000_000);
    guest.call("clock_time_get", &[1, 0, RESULT]).unwrap();
    let first = guest.u64(RESULT);
    guest.call("clock_time_get", &[1, 0, RESULT]).unwrap();
    assert!(guest.u64(RESULT) >= first);
    assert_eq!(guest.call("clock_time_get", &[4, 0, RESULT]), Err(Errno::Inval));
    assert_eq!(guest.call("clock_res_get", &[u64::MAX, RESULT]), Err(Errno::Inval));
}

#[test]
fn random_bytes_differ() {
    let mut guest = Guest::new();
    guest.call("random_get", &[0, 32]).unwrap();
    guest.call("random_get", &[32, 32]).unwrap();
    assert_ne!(guest.get(0, 32), guest.get(32, 32));
    guest.call("random_get", &[65536, 0]).unwrap();
}

#[test]
fn exit_and_yield() {
    let mut guest = Guest::new();
    guest.call("sched_yield", &[]).unwrap();
    assert_eq!(guest.wasi.proc_exit(7).0, 7);
}
