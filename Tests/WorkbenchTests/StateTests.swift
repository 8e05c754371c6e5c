import Foundation
import Testing

@testable import Workbench

@Suite struct StateTests {
  @Test func comesBackAsItWasWritten() throws {
    let folder = TemporaryFolder()
    var state = SavedState()
    state.remember("/a/b.pt2")
    state.remember("/c/d.pt2")
    state.remember("/a/b.pt2")
    state.theme = "dusk"
    try state.write(folder: folder.path + "/deep/er")
    #expect(SavedState.read(folder: folder.path + "/deep/er").state == state)
    #expect(state.recent == ["/a/b.pt2", "/c/d.pt2"])
  }

  @Test func aBrokenFileIsMovedAsideWithAMessage() throws {
    let folder = TemporaryFolder()
    try folder.write("{ \"recent\": 3", to: "workbench.json")
    let (state, note) = SavedState.read(folder: folder.path)
    #expect(state == nil && note?.contains("moved to") == true)
    #expect(FileManager.default.fileExists(atPath: folder.path + "/workbench.json.broken"))
    #expect(SavedState.read(folder: folder.path).note == nil)
  }

  @Test func pathsFollowTheXDGSpecification() {
    let paths = UserPaths.standard(environment: ["HOME": "/home/u", "XDG_CONFIG_HOME": "/cfg", "XDG_STATE_HOME": "relative"])
    #expect(paths.config == "/cfg/lathe" && paths.state == "/home/u/.local/state/lathe")
  }

  @Test func pathsAreCompleted() throws {
    let folder = TemporaryFolder()
    for name in ["tiny-a.pt2", "tiny-b.pt2", ".hidden"] { try folder.write("", to: name) }
    let candidates = PathCompletion.candidates(for: folder.path + "/t")
    #expect(candidates == [folder.path + "/tiny-a.pt2", folder.path + "/tiny-b.pt2"])
    #expect(PathCompletion.sharedPrefix(candidates) == folder.path + "/tiny-")
    #expect(PathCompletion.candidates(for: folder.path + "/").count == 2)
  }
}
