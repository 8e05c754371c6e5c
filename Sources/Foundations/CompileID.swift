/// Which compilation: the frame (a piece of the user's code), the how-manieth of that frame, and the how-manieth try of it.
///
/// Numbers from 0, written as PyTorch writes them (`torch/_guards.py`, `CompileId`): `0/1`, and `0/1_1` after a restart.
package struct CompileID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var frame: Int
  package var compile: Int
  /// Tries that were given up before this one.
  package var restart: Int

  package init(frame: Int, compile: Int, restart: Int = 0) { (self.frame, self.compile, self.restart) = (frame, compile, restart) }

  package var description: String { restart == 0 ? "\(frame)/\(compile)" : "\(frame)/\(compile)_\(restart)" }
  package static func < (a: CompileID, b: CompileID) -> Bool { (a.frame, a.compile, a.restart) < (b.frame, b.compile, b.restart) }
}
