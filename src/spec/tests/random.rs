//! Random texts: nothing panics, nothing takes time beyond its length, and no fact is dropped in silence.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::planned;
use crate::spec::{Plan, Refused};

/// Parts that texts are thrown together from.
const PARTS: [&str; 44] = [
    "# Tenant: T\n",
    "## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n",
    "### Resource Group: rg1 (westeurope)\n",
    "#### Resource: vnet1 (Virtual Network)\n",
    "##### Subnets\n",
    "## Users\n",
    "## Groups\n",
    "## Role Assignments\n",
    "- a: b\n",
    "  - c: d\n",
    "\t- e: f\n",
    "| Name | Type |\n|---|---|\n| x | VM |\n",
    "| A | B | A | B |\n|---|---|---|---|\n",
    "```json\n{\"users\": [1]}\n```\n",
    "```yaml\nusers: [a@b.c]\n```\n",
    "```\n",
    "~~~yaml\n",
    "**bold:** text\n",
    "> quote\n",
    "text: `code\n",
    "\"\n",
    "secret:x\n",
    "password: y\n",
    "\r\n",
    "\n\n",
    "    indented\n",
    "1. one\n",
    "alice@contoso.com\n",
    "Alice has Reader on rg1\n",
    "[link](http://x)\n",
    "<b>\n",
    "\\\n",
    "|\n",
    "(((\n",
    ":::\n",
    "= = =\n",
    "ü\u{0}\n",
    "\u{feff}",
    "---\n",
    "* x\n* y\n",
    "- - - -\n",
    "`` ` ``\n",
    "& *a\n",
    "{\"tenantId\": \"\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,400}") {
        let _ = planned(&text);
    }

    #[test]
    fn no_heap_of_parts_makes_it_panic(parts in proptest::collection::vec(0..PARTS.len(), 0..40)) {
        let text: String = parts.iter().map(|at| PARTS[*at]).collect();
        let _ = planned(&text);
    }

    #[test]
    fn no_random_fact_is_dropped_in_silence(seed in any::<u64>()) {
        let (text, facts) = seeded(seed);
        match planned(&text) {
            Ok(plan) => {
                let told = told(&plan);
                for (fact, line) in facts {
                    let is_warned = plan.warnings.iter().any(|warning| warning.place.line == line);
                    prop_assert!(told.contains(&fact) || is_warned, "{fact} of line {line} is nowhere:\n{text}\n{told}");
                }
            }
            Err(Refused::Prose) => prop_assert!(false, "prose:\n{text}"),
            Err(Refused::Fields(errors)) => prop_assert!(false, "{errors:#?}\n{text}"),
        }
    }
}

/// Everything that a plan says.
fn told(plan: &Plan) -> String {
    serde_json::to_string(plan).expect("JSON")
}

/// A small source of randomness, the same for a seed.
struct Seeds(u64);

impl Seeds {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}

/// A text with facts in many shapes, and the facts with their lines.
fn seeded(seed: u64) -> (String, Vec<(String, u32)>) {
    let mut seeds = Seeds(seed);
    let mut text = String::from(
        "# Tenant: Contoso\n\n## Subscription: Prod (5ab50000-0000-4000-8000-00000000000a)\n\n### Resource Group: rg-one (westeurope)\n\n",
    );
    let mut facts = Vec::new();
    let mut count = 0;
    for _ in 0..3 + seeds.next(8) {
        let line = u32::try_from(text.matches('\n').count()).expect("short") + 1;
        let mut fact = |prefix: &str, offset: u32| {
            count += 1;
            let fact = format!("{prefix}{count}q{}", seed % 997);
            facts.push((fact.clone(), line + offset));
            fact
        };
        let more = match seeds.next(15) {
            0 => format!("Prose about {} and more.\n\n", fact("pr", 0)),
            1 => format!("#### Resource: {} (Virtual Network)\n\n- Address space: 10.0.0.0/16\n\n", fact("vn", 0)),
            2 => format!("#### Resource: {} (NSG)\n\n**Note:** {}\n\n", fact("ns", 0), fact("no", 2)),
            3 => format!(
                "- {} (Storage Account), sku: Standard_LRS, unknown thing: {}\n\n",
                fact("st", 0),
                fact("un", 0)
            ),
            4 => format!(
                "- {} (Key Vault)\n  - tags: team={}\n  - favourite: {}\n\n",
                fact("kv", 0),
                fact("tg", 1),
                fact("fa", 2)
            ),
            5 => {
                format!("| Name | Type | Colour |\n|---|---|---|\n| {} | NSG | {} |\n\n", fact("ta", 2), fact("co", 2))
            }
            6 => format!(
                "### {}\n\n- key: {}\n\nsome {}\n\n### Resource Group: rg-{} (westeurope)\n\n",
                fact("he", 0),
                fact("ke", 2),
                fact("so", 4),
                fact("g", 6)
            ),
            7 => format!("```\ncode {}\n```\n\n", fact("cd", 1)),
            8 => format!(
                "#### {} - Public IP\n\n| Property | Value |\n|---|---|\n| dns label | {} |\n| mood | {} |\n\n",
                fact("pi", 0),
                fact("dn", 4),
                fact("mo", 5)
            ),
            9 => format!("* Virtual network: {}\n\n", fact("vx", 0)),
            10 => format!("> quoted {}\n\n", fact("qu", 0)),
            11 => format!("- lonely bullet {}\n\n", fact("lo", 0)),
            12 => format!(
                "#### Resource: {} (Managed Identity)\n##### Tags\n- owner: {}\n\n",
                fact("id", 0),
                fact("ow", 2)
            ),
            13 => format!(
                "1. {} (ASG)\n   - **location**: northeurope\n   - remark: {}\n\n",
                fact("as", 0),
                fact("re", 2)
            ),
            _ => format!(
                "- name: {}, type: route table, disable bgp route propagation: yes, zzz: {}\n\n",
                fact("rt", 0),
                fact("zz", 0)
            ),
        };
        text.push_str(&more);
    }
    if seeds.next(2) == 0 {
        let line = u32::try_from(text.matches('\n').count()).expect("short") + 1;
        text.push_str("## Users\n\n| Name | UPN | Shoe size |\n|---|---|---|\n| Alice AliceFact | alice@contoso.com | size44 |\n\n## Groups\n- GroupFact (members: alice@contoso.com)\n");
        facts.extend([
            ("AliceFact".to_owned(), line + 4),
            ("size44".to_owned(), line + 4),
            ("GroupFact".to_owned(), line + 7),
        ]);
    }
    if seeds.next(4) == 0 {
        text = text.replace('\n', "\r\n");
    }
    (text, facts)
}

/// A text twice as long takes about twice as long: hostile repetitions of one part.
#[test]
fn time_is_in_the_length_of_the_text() {
    let took = |part: &str, bytes: usize| {
        let text = part.repeat(bytes / part.len());
        let began = Instant::now();
        let _ = planned(&text);
        began.elapsed()
    };
    for part in PARTS {
        let (short, long) = (took(part, 20_000), took(part, 80_000));
        let most = short * 10 + Duration::from_millis(400);
        assert!(long <= most, "{part:?}: {short:?} for 20 kB, {long:?} for 80 kB");
    }
}

/// A text with thousands of resources is planned in the time that a submit may take: twenty times as long here, where
/// nothing is optimised.
#[test]
fn five_thousand_resources_are_planned() {
    use std::fmt::Write as _;
    let mut text = String::from("# Tenant: T\n## Subscription: S (5ab50000-0000-4000-8000-00000000000a)\n");
    for group in 0..50 {
        let _ = write!(text, "### Resource Group: rg{group} (westeurope)\n\n");
        for number in 0..50 {
            let _ = write!(text, "- nsg{group}x{number} (NSG), tags: a=b\n- id{group}x{number} (Managed Identity)\n");
        }
        text.push('\n');
    }
    let began = Instant::now();
    let plan = planned(&text).expect("a plan");
    assert_eq!(plan.steps.len(), 5_050);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}
