//! A list that comes by parts, and a cursor in it.

/// How near the end of what is kept more is asked for.
const NEAR: usize = 50;

/// The beginning of a long list, and a cursor in it.
#[derive(Debug, Clone)]
pub struct List<T> {
    /// What has come so far.
    pub rows: Vec<T>,
    /// Whether an answer has come.
    pub loaded: bool,
    /// The cursor.
    pub cursor: usize,
    /// The first on the screen, at the last step.
    pub(super) top: usize,
    /// There are more behind these.
    pub more: bool,
    /// An answer is on its way.
    pub(super) waiting: bool,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), loaded: false, cursor: 0, top: 0, more: false, waiting: false }
    }
}

impl<T> List<T> {
    /// What is under the cursor.
    pub fn current(&self) -> Option<&T> {
        self.rows.get(self.cursor)
    }

    /// Moves the cursor. True where more is wanted.
    pub(super) fn step(&mut self, by: isize) -> bool {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        let wants = self.more && !self.waiting && self.cursor + NEAR >= self.rows.len();
        self.waiting |= wants;
        wants
    }

    /// The first on the screen where so many are shown: that of the last step, or as far from it as the cursor needs.
    pub fn window(&self, height: usize) -> usize {
        crate::console::model::window(self.top, self.cursor, height, self.rows.len())
    }

    /// Takes what stands behind these.
    pub(super) fn extend(&mut self, rows: Vec<T>, more: bool) {
        self.rows.extend(rows);
        (self.more, self.loaded, self.waiting) = (more, true, false);
    }

    /// How far the cursor is from a row of those on the screen; none where there is no such row.
    pub(super) fn away(&self, row: usize, height: usize) -> Option<isize> {
        let row = self.window(height) + row;
        (row < self.rows.len()).then(|| row as isize - self.cursor as isize)
    }
}
