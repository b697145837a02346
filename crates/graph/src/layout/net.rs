//! Boxes and the places that long arrows take in the columns between.

/// Columns of vertices. A vertex is a box, or the place that an arrow takes in a column that it passes.
#[derive(Clone, Debug)]
pub struct Net {
    /// The vertices of each column, from top to bottom.
    pub columns: Vec<Vec<usize>>,
    /// For each vertex, its neighbours in the column before.
    pub left: Vec<Vec<usize>>,
    /// For each vertex, its neighbours in the column after.
    pub right: Vec<Vec<usize>>,
    /// How many of the vertices, the first ones, are boxes.
    pub boxes: usize,
    /// For each arrow, the vertices that it passes, from left to right.
    pub passed: Vec<Vec<usize>>,
}

impl Net {
    /// The net of boxes in these columns. Arrows are pairs of indices, in either direction, between different columns.
    pub fn new(column: &[usize], arrows: &[(usize, usize)]) -> Self {
        let columns = column.iter().max().map_or(0, |last| last + 1);
        let mut net = Self {
            columns: vec![Vec::new(); columns],
            left: vec![Vec::new(); column.len()],
            right: vec![Vec::new(); column.len()],
            boxes: column.len(),
            passed: Vec::with_capacity(arrows.len()),
        };
        for (index, column) in column.iter().enumerate() {
            net.columns[*column].push(index);
        }
        for (from, to) in arrows {
            let (start, end) = if column[*from] < column[*to] { (*from, *to) } else { (*to, *from) };
            let mut passed = Vec::new();
            let mut last = start;
            for between in column[start] + 1..column[end] {
                let vertex = net.left.len();
                net.left.push(Vec::new());
                net.right.push(Vec::new());
                net.columns[between].push(vertex);
                net.join(last, vertex);
                passed.push(vertex);
                last = vertex;
            }
            net.join(last, end);
            net.passed.push(passed);
        }
        net
    }

    /// Whether a vertex is a box.
    pub fn is_box(&self, vertex: usize) -> bool {
        vertex < self.boxes
    }

    /// How many vertices there are.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    fn join(&mut self, left: usize, right: usize) {
        self.right[left].push(right);
        self.left[right].push(left);
    }
}
