/// Where the workbench is drawn and where its input comes from; only the UI thread touches one.
package protocol Terminal {
  var size: Size { get }
  /// Shows the changes that lead to the grid, and its text cursor.
  mutating func apply(_ changes: [CellChange], of grid: Grid)
  /// Blocks until there is input or somebody wakes the terminal.
  /// - Parameter isIdle: whether no job runs and nothing is left to do; scripted input waits for it.
  mutating func nextInput(isIdle: Bool) -> Input
  /// What other threads call to make `nextInput` return `.wake`.
  var waker: @Sendable () -> Void { get }
  mutating func use(theme: Theme)
  mutating func useMouse(_ on: Bool)
  /// Bytes for the terminal itself, past the grid (OSC 52).
  mutating func send(_ bytes: [UInt8])
  /// Gives the terminal back, stops the process and comes back when it is continued.
  mutating func suspend()
  /// Forgets what is shown, so that the next changes are drawn over a blank screen.
  mutating func redraw()
}
