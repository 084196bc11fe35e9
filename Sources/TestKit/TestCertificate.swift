/// A certificate and its key, PEM: its own root, for `localhost` and 127.0.0.1, valid for a hundred years. For tests only.
package struct TestCertificate: Sendable {
  /// The common name.
  package let name: String
  /// The certificate.
  package let chain: String
  /// Its private key.
  package let key: String

  /// The one named montague.
  package static let montague = TestCertificate(
    name: "montague",
    chain: """
      -----BEGIN CERTIFICATE-----
      MIIBmDCCAT+gAwIBAgIUaBVWnEo+FB9/QjAngvrWvp2XncYwCgYIKoZIzj0EAwIw
      EzERMA8GA1UEAwwIbW9udGFndWUwIBcNMjYxMTI0MjA0NDUwWhgPMjEyNjEwMzEy
      MDQ0NTBaMBMxETAPBgNVBAMMCG1vbnRhZ3VlMFkwEwYHKoZIzj0CAQYIKoZIzj0D
      AQcDQgAEENTGTsbD6WNHhK9HfOgksaxHaaRT80aBjjJKiI1T03LPIqauk3pcAuUB
      GArDao6ktAslO1/pBc1FaIiNyO5Lf6NvMG0wHQYDVR0OBBYEFEHmUqutJdVibIFE
      u/3M6d0HnAAGMB8GA1UdIwQYMBaAFEHmUqutJdVibIFEu/3M6d0HnAAGMA8GA1Ud
      EwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49
      BAMCA0cAMEQCICVfG5xq8+zozzVXEW/jGLk6HGQf3kXsq5wamKLk3vygAiA/RNvA
      5sNMoQM6JY59qU30GQDWs/ov5AMjJQ9btv/kWw==
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0iSYpxhJIKdDPQ6n
      TYS6+++MNsgc/KfmsNoAj+/7q/+hRANCAAQQ1MZOxsPpY0eEr0d86CSxrEdppFPz
      RoGOMkqIjVPTcs8ipq6TelwC5QEYCsNqjqS0CyU7X+kFzUVoiI3I7kt/
      -----END PRIVATE KEY-----

      """)

  /// The one named capulet.
  package static let capulet = TestCertificate(
    name: "capulet",
    chain: """
      -----BEGIN CERTIFICATE-----
      MIIBljCCAT2gAwIBAgIULrGakFbB+qFCLED7H77xm7KSoEUwCgYIKoZIzj0EAwIw
      EjEQMA4GA1UEAwwHY2FwdWxldDAgFw0yNjExMjQyMDQ0NTBaGA8yMTI2MTAzMTIw
      NDQ1MFowEjEQMA4GA1UEAwwHY2FwdWxldDBZMBMGByqGSM49AgEGCCqGSM49AwEH
      A0IABIkwBon+Hug5/0HrrSjSTwgQJMH/NzYu1jaqGncP8KmyKCPPI/X78/F4evAb
      G+JEMb/2RingJW0AqDGEG3pizt+jbzBtMB0GA1UdDgQWBBSzwj07bzF5aC1ASVk/
      lx8w0/rs2DAfBgNVHSMEGDAWgBSzwj07bzF5aC1ASVk/lx8w0/rs2DAPBgNVHRMB
      Af8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAKBggqhkjOPQQD
      AgNHADBEAiBphl9BerXoKYDkoos5DSEFOgMMq1qzFUTgEFmlLGfv3AIgba9iWpRM
      RK4AH6em4DDKyM1IQr9l8Ka8dUHn2dP0POk=
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzU0LmJAW8xyFMv5K
      20hxsCSEpKk1X92spF6XTm0xWZShRANCAASJMAaJ/h7oOf9B660o0k8IECTB/zc2
      LtY2qhp3D/CpsigjzyP1+/PxeHrwGxviRDG/9kYp4CVtAKgxhBt6Ys7f
      -----END PRIVATE KEY-----

      """)
}
