import Foundations
import Testing

@Suite struct MD5Tests {
  /// The examples of RFC 1321, and lengths around a block's end as md5sum gives them.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"), ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (String(repeating: "a", count: 55), "ef1772b6dff9a122358552954ad0df65"), (String(repeating: "a", count: 56), "3b0c8ac703f828b04c6c197006d17218"),
    (String(repeating: "a", count: 64), "014842d480b571495a4a0363793f7367"), (String(repeating: "a", count: 1000), "cabe45dcc9ae5b66ba86600cca6b8ba8"),
  ])
  func digestsAreTheStandards(_ text: String, _ digest: String) {
    var hash = MD5()
    hash.update(text)
    #expect(hash.hexDigest() == digest)
  }

  @Test(arguments: [1, 7, 63, 64, 65, 200]) func partsMakeNoDifference(_ size: Int) {
    let text = String(repeating: "lathe ", count: 100)
    var (whole, parts) = (MD5(), MD5())
    whole.update(text)
    var rest = text[...]
    while !rest.isEmpty {
      parts.update(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    #expect(whole.digest() == parts.digest())
  }
}
