/// The SHA-256 of bytes given in parts (FIPS 180-4).
package struct SHA256: BlockDigest, Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var blocks = DigestBlocks()

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state: [UInt32] = self.state
    blocks.take(bytes) { first, count in
      for block in 0..<count { SHA256.compress(first + 64 * block, &state) }
    }
    self.state = state
  }

  /// The 32 bytes of the digest of everything so far.
  package func digest() -> [UInt8] {
    var last: SHA256 = self
    blocks.padding(isBigEndian: true).withUnsafeBytes { last.update($0) }
    return last.state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  private static func compress(_ block: UnsafeRawPointer, _ state: inout [UInt32]) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      for i in 0..<16 { w[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
      for i in 16..<64 {
        let (a, b): (UInt32, UInt32) = (w[i - 15], w[i - 2])
        let s0: UInt32 = rotated(a, 7) ^ rotated(a, 18) ^ (a >> 3)
        let s1: UInt32 = rotated(b, 17) ^ rotated(b, 19) ^ (b >> 10)
        w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      }
      state.withUnsafeMutableBufferPointer { state in
        constants.withUnsafeBufferPointer { k in
          var (a, b, c, d): (UInt32, UInt32, UInt32, UInt32) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h): (UInt32, UInt32, UInt32, UInt32) = (state[4], state[5], state[6], state[7])
          for i in 0..<64 {
            let s1: UInt32 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let choice: UInt32 = (e & f) ^ (~e & g)
            let t1: UInt32 = h &+ s1 &+ choice &+ k[i] &+ w[i]
            let s0: UInt32 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let majority: UInt32 = (a & b) ^ (a & c) ^ (b & c)
            (h, g, f, e) = (g, f, e, d &+ t1)
            (d, c, b, a) = (c, b, a, t1 &+ s0 &+ majority)
          }
          let sums: (UInt32, UInt32, UInt32, UInt32) = (a, b, c, d)
          state[0] &+= sums.0; state[1] &+= sums.1; state[2] &+= sums.2; state[3] &+= sums.3
          state[4] &+= e; state[5] &+= f; state[6] &+= g; state[7] &+= h
        }
      }
    }
  }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

@inline(__always) private func rotated(_ x: UInt32, _ count: UInt32) -> UInt32 { (x >> count) | (x << (32 &- count)) }
