#![allow(clippy::unwrap_used)]

use provision_config::Address;

use crate::samples::{large, parse, small};
use crate::{Cycle, Detail, Graph, Mark, Node, Tone};

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn mermaid() {
    insta::assert_snapshot!("mermaid", small().mermaid(Detail::Readable));
    insta::assert_snapshot!("mermaid_all", small().mermaid(Detail::All));
}

#[test]
fn dot() {
    insta::assert_snapshot!("dot", small().dot(Detail::Readable));
}

#[test]
fn svg() {
    insta::assert_snapshot!("svg", small().svg(Detail::Readable));
}

#[test]
fn svg_with_marks() {
    let mut graph = parse("dev", "s3_bucket.data: s3_bucket.logs\ns3_bucket.logs");
    graph.mark(&address("s3_bucket.logs"), Mark { text: "2 drifted".to_owned(), tone: Tone::Alarm });
    graph.mark(&address("s3_bucket.elsewhere"), Mark { text: "nobody".to_owned(), tone: Tone::Alarm });
    let svg = graph.svg(Detail::Readable);
    assert!(
        svg.contains("pg-marked pg-alarm") && svg.contains(">2 drifted</text>") && !svg.contains("nobody"),
        "{svg}"
    );
    assert!(svg.contains("<title>s3_bucket.logs (S3 bucket, us-east-1): 2 drifted; needed by s3_bucket.data</title>"));
    for text in [graph.mermaid(Detail::Readable), graph.dot(Detail::Readable)] {
        assert!(text.contains("2 drifted"), "{text}");
    }
}

#[test]
fn what_follows_from_other_arrows_is_implied_but_not_through_a_key() {
    let graph = parse(
        "dev",
        "
        ec2_vpc.main
        ec2_subnet.a: ec2_vpc.main
        ec2_instance.host: ec2_subnet.a ec2_vpc.main
        iam_role.admin
        kms_key.s3: iam_role.admin
        s3_bucket.data: kms_key.s3 iam_role.admin
        s3_bucket.logs: kms_key.s3 s3_bucket.data
        ",
    );
    let nodes = graph.nodes();
    let implied = graph.edges().iter().filter(|edge| edge.implied);
    let implied: Vec<String> =
        implied.map(|edge| format!("{} {}", nodes[edge.from].address, nodes[edge.to].address)).collect();
    assert_eq!(implied, ["ec2_instance.host ec2_vpc.main"]);
    // A key that needs something stands among the others, with an arrow to it.
    assert!(graph.mermaid(Detail::Readable).contains("kms_key_s3 --> iam_role_admin"));
    assert!(!graph.mermaid(Detail::Readable).contains("subgraph keys"));
}

#[test]
fn every_resource_and_every_arrow_is_drawn() {
    let graph = large();
    for detail in [Detail::Readable, Detail::All] {
        let svg = graph.svg(detail);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let groups = |class: &str| {
            let of = |node: &roxmltree::Node<'_, '_>| {
                node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
            };
            document.descendants().filter(of).count()
        };
        assert_eq!(groups("pg-node"), graph.nodes().len());
        let drawn = graph.edges().iter().filter(|edge| {
            detail == Detail::All || (!edge.implied && graph.nodes()[edge.to].address.kind != "kms_key")
        });
        let drawn = drawn.count();
        assert_eq!(groups("pg-arrow"), drawn);
        assert_eq!(graph.mermaid(detail).matches("->").count(), drawn);
        assert_eq!(graph.dot(detail).matches(" -> ").count(), drawn);
    }
}

#[test]
fn hostile_names_stay_in_their_places() {
    let key = "</text><script>\"'`&amp;\\\n#;]]>\u{1}\u{202e}終";
    let nodes = vec![
        Node::new(address("s3_bucket.a").with_key(key), "us-east-1"),
        Node::new(address("s3_bucket.a-b"), "us-east-1").needs([address("s3_bucket.a_b")]),
        Node::new(address("s3_bucket.a_b"), "us-east-1"),
        Node::new(address("thing.end"), "moon \"1\" <x>"),
    ];
    let graph = Graph::new("a \"b\" --> <c>\n%%", Vec::new(), nodes).unwrap();
    let svg = graph.svg(Detail::Readable);
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert!(document.descendants().all(|node| node.tag_name().name() != "script"));
    let title =
        |node: &roxmltree::Node<'_, '_>| node.text().is_some_and(|text| text.contains(r"&amp;\\n#;]]>\u{1}\u{202e}終"));
    assert!(document.descendants().any(|node| title(&node)), "{svg}");
    insta::assert_snapshot!("hostile_mermaid", graph.mermaid(Detail::Readable));
    insta::assert_snapshot!("hostile_dot", graph.dot(Detail::Readable));
}

#[test]
fn it_is_the_same_whatever_the_order() {
    let nodes: Vec<Node> = large().nodes().to_vec();
    let regions = large().regions().to_vec();
    let reversed = Graph::new("staging", regions, nodes.into_iter().rev().collect()).unwrap();
    assert_eq!(reversed.svg(Detail::Readable), large().svg(Detail::Readable));
}

#[test]
fn needs_outside_are_left_out_and_cycles_refused() {
    let outside = parse("dev", "s3_bucket.data: kms_key.elsewhere");
    assert!(outside.edges().is_empty());
    // A region with nothing in it is not drawn.
    assert_eq!(outside.regions().len(), 1);
    let nodes = vec![
        Node::new(address("iam_role.a"), "us-east-1").needs([address("iam_role.b")]),
        Node::new(address("iam_role.b"), "us-east-1").needs([address("iam_role.a")]),
    ];
    let Err(Cycle(of)) = Graph::new("dev", Vec::new(), nodes) else { panic!("a cycle was taken") };
    assert_eq!(of.kind, "iam_role");
}

#[test]
fn no_resources_make_an_empty_picture() {
    let graph = Graph::new("dev", Vec::new(), Vec::new()).unwrap();
    roxmltree::Document::parse(&graph.svg(Detail::Readable)).unwrap();
    assert_eq!(graph.mermaid(Detail::Readable), "%% dev\nflowchart LR\n");
}
