use super::graph::Graph;

/// Nodes of cost 1, 10, 100, ... with edges.
fn graph(costs: &[(u64, bool)], edges: &[(usize, usize)]) -> Graph {
    let mut graph = Graph::default();
    for (cost, is_checked) in costs {
        graph.add(*cost, *is_checked);
    }
    for (from, to) in edges {
        graph.connect(*from, *to);
    }
    graph
}

fn bytes(graph: &Graph) -> Vec<u64> {
    graph.depths(0).iter().map(|depth| depth.bytes).collect()
}

#[test]
fn the_longest_path_counts() {
    let graph = graph(&[(1, true), (10, true), (100, true), (1000, true)], &[(0, 1), (0, 2), (1, 3), (2, 1)]);
    assert_eq!(bytes(&graph), [1111, 1010, 1110, 1000]);
    assert!(graph.depths(0).iter().all(super::Depth::is_bounded));
    // Only what calls nothing writes below its stack pointer.
    assert_eq!(graph.depths(7)[0].bytes, 1118);
}

#[test]
fn a_cycle_counts_once_and_has_no_bound() {
    let graph = graph(&[(1, true), (10, true), (100, true), (1000, true)], &[(0, 1), (1, 2), (2, 1), (2, 3)]);
    assert_eq!(bytes(&graph), [1111, 1110, 1110, 1000]);
    let depths = graph.depths(0);
    assert_eq!(depths.iter().map(|depth| depth.is_in_cycle).collect::<Vec<_>>(), [false, true, true, false]);
    assert_eq!(depths.iter().map(super::Depth::is_bounded).collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn a_function_that_calls_itself_is_a_cycle() {
    let graph = graph(&[(1, true)], &[(0, 0)]);
    assert!(!graph.depths(0)[0].is_bounded());
}

#[test]
fn unchecked_code_ends_at_the_next_check() {
    // 0 is checked and calls 1, which is not and calls 2, which is and calls 3.
    let graph = graph(&[(1, true), (10, false), (100, true), (1000, true)], &[(0, 1), (1, 2), (2, 3)]);
    assert_eq!(graph.unchecked_depths(8, 0), Some(vec![1 + 10 + 100 + 8, 10 + 100 + 8, 100 + 1000 + 8, 1000]));
}

#[test]
fn cycles_need_a_check() {
    let edges = [(0, 1), (1, 0)];
    assert_eq!(graph(&[(1, false), (10, false)], &edges).unchecked_depths(0, 0), None);
    // 1 in full, then 0 up to its check.
    assert_eq!(graph(&[(1, true), (10, false)], &edges).unchecked_depths(0, 0), Some(vec![12, 11]));
}
