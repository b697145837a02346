//! Breadth first through every state that can be reached.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::rc::Rc;

/// More states than this do not fit into memory.
const LIMIT: usize = 20_000_000;

/// What happens: who does it, and what.
pub type Event = (usize, &'static str);

/// Something with states.
pub trait Model {
    type State: Clone + Debug + Eq + Hash;

    fn initial(&self) -> Self::State;

    /// Everything that can happen next, with who does it and what to call it.
    fn next(&self, state: &Self::State) -> Vec<(Event, Self::State)>;

    /// What must hold in each state.
    fn check(&self, state: &Self::State) -> Result<(), String>;

    /// What must hold of each thing that happens.
    fn check_step(&self, _before: &Self::State, _after: &Self::State) -> Result<(), String> {
        Ok(())
    }

    /// Where it must always be possible to get to.
    fn is_goal(&self, state: &Self::State) -> bool;
}

/// What was gone through.
#[derive(Clone, Copy, Debug)]
pub struct Explored {
    pub states: usize,
    pub steps: usize,
    pub depth: usize,
}

/// What does not hold, and the shortest way there.
#[derive(Clone, Debug)]
pub struct Violation {
    pub what: String,
    pub way: Vec<String>,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states, {} steps between them, at most {} in a row", self.states, self.steps, self.depth)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after:", self.what)?;
        self.way.iter().try_for_each(|step| writeln!(f, "  {step}"))
    }
}

/// Goes through all states; panics with the way to the first that is not as it should be.
pub fn holds<M: Model>(model: &M) {
    match explore(model) {
        Ok(explored) => {
            println!("{explored}");
            // A model in which nothing happens would hold, too.
            assert!(explored.states > 1000, "{explored}");
        }
        Err(violation) => panic!("{violation}"),
    }
}

/// Goes through the states until one is not as it should be.
pub fn fails<M: Model>(model: &M) -> Violation {
    match explore(model) {
        Ok(explored) => panic!("a broken rule was not noticed in {explored}"),
        Err(violation) => violation,
    }
}

/// Goes through all states.
fn explore<M: Model>(model: &M) -> Result<Explored, Violation> {
    let mut known: HashMap<Rc<M::State>, usize> = HashMap::new();
    let mut states = Vec::new();
    // How each state was first reached: from which, and by what.
    let mut origins: Vec<Option<(usize, Event)>> = Vec::new();
    let mut depths = vec![0];
    let mut back: Vec<Vec<usize>> = vec![Vec::new()];
    let first = Rc::new(model.initial());
    known.insert(Rc::clone(&first), 0);
    states.push(first);
    origins.push(None);
    let (mut at, mut steps) = (0, 0);
    while at < states.len() {
        assert!(states.len() < LIMIT, "too many states to go through");
        let state = Rc::clone(&states[at]);
        model.check(&state).map_err(|what| violation(what, &origins, at, None))?;
        for (name, next) in model.next(&state) {
            steps += 1;
            model.check_step(&state, &next).map_err(|what| violation(what, &origins, at, Some(name)))?;
            let next = Rc::new(next);
            let index = match known.entry(Rc::clone(&next)) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    entry.insert(states.len());
                    states.push(next);
                    origins.push(Some((at, name)));
                    depths.push(depths[at] + 1);
                    back.push(Vec::new());
                    states.len() - 1
                }
            };
            back[index].push(at);
        }
        at += 1;
    }
    // Backwards from the goals: what is not met on the way can reach none.
    let mut reaching = vec![false; states.len()];
    let mut queue: Vec<usize> = (0..states.len()).filter(|index| model.is_goal(&states[*index])).collect();
    while let Some(index) = queue.pop() {
        if !std::mem::replace(&mut reaching[index], true) {
            queue.extend(&back[index]);
        }
    }
    if let Some(stuck) = reaching.iter().position(|reaching| !reaching) {
        return Err(violation("from here there is no way to the goal".to_owned(), &origins, stuck, None));
    }
    Ok(Explored { states: states.len(), steps, depth: depths.into_iter().max().unwrap_or_default() })
}

fn violation(what: String, origins: &[Option<(usize, Event)>], mut at: usize, last: Option<Event>) -> Violation {
    let named = |(who, what): Event| format!("{who}: {what}");
    let mut way: Vec<String> = last.map(named).into_iter().collect();
    while let Some((from, name)) = &origins[at] {
        way.push(named(*name));
        at = *from;
    }
    way.reverse();
    Violation { what, way }
}
