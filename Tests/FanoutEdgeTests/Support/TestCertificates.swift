import NIOSSL

/// Certificates for tests, each its own root, valid for a hundred years.
enum TestCertificates {
  /// A certificate and its key, PEM.
  struct Pair: Sendable {
    let certificate: String
    let key: String

    /// What a client is shown.
    var parsed: NIOSSLCertificate {
      get throws { try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem) }
    }
  }

  /// For `romeo.test`, `localhost` and 127.0.0.1.
  static let romeo = Pair(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBnzCCAUWgAwIBAgIUN+4L/vhWWIvzEstFOA8Oi9TsXWYwCgYIKoZIzj0EAwIw
      EDEOMAwGA1UEAwwFcm9tZW8wIBcNMjYxMTI0MTgwOTIwWhgPMjEyNjEwMzExODA5
      MjBaMBAxDjAMBgNVBAMMBXJvbWVvMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
      ezWkUSa/TCjzLQuGN2DYnzCcCd5NVFbM45jYs44uIZn0Cp/o5fMwIG4mGLXnXwYh
      v3HGzKwR324ew5gp+2ACaqN7MHkwHQYDVR0OBBYEFOs2qDgKeJBfcq6A3Qj1Gd1I
      9+nWMB8GA1UdIwQYMBaAFOs2qDgKeJBfcq6A3Qj1Gd1I9+nWMA8GA1UdEwEB/wQF
      MAMBAf8wJgYDVR0RBB8wHYIKcm9tZW8udGVzdIIJbG9jYWxob3N0hwR/AAABMAoG
      CCqGSM49BAMCA0gAMEUCIQDw8WIKoHyN9u3bSzwOkvWmXD3o3d3+cJh2TSBpY4W1
      lwIgVTAG15Kmb+a/AvmXADX2ipxEMVR1NH9WQazsQuog/7g=
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoLiuT61StYB+E4ES
      HMH5R4CE8PKK2eq2ISbiPSQoyHChRANCAAR7NaRRJr9MKPMtC4Y3YNifMJwJ3k1U
      VszjmNizji4hmfQKn+jl8zAgbiYYtedfBiG/ccbMrBHfbh7DmCn7YAJq
      -----END PRIVATE KEY-----

      """)

  /// For `juliet.test`.
  static let juliet = Pair(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBkDCCATegAwIBAgIUBSkBLfgSRe458tTxwC/McGYgLmowCgYIKoZIzj0EAwIw
      ETEPMA0GA1UEAwwGanVsaWV0MCAXDTI2MTEyNDE4MDkyMFoYDzIxMjYxMDMxMTgw
      OTIwWjARMQ8wDQYDVQQDDAZqdWxpZXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
      AAQd77OVhYQbgtm28nrn6twFoN95QC5JsRH8s2WiUO9pdozyuRK8+42nq+aUiHgu
      ogxeX4OxmTSVgndT8UvvE5edo2swaTAdBgNVHQ4EFgQUI65G2wflbzbCYqYn5W2/
      WGVIfrAwHwYDVR0jBBgwFoAUI65G2wflbzbCYqYn5W2/WGVIfrAwDwYDVR0TAQH/
      BAUwAwEB/zAWBgNVHREEDzANggtqdWxpZXQudGVzdDAKBggqhkjOPQQDAgNHADBE
      AiAOURogAVUHGqXehy5HhaYy8NizDC92FeuigM5jkzZEUgIgAgvrS11gOmaL5xz7
      I/jueGqrrLl0t6/wzI6BSClKTZo=
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9qxt7mzf+MxYvMxB
      Ld64VSMbMbmSYnm4Lm2mpuc4qJ2hRANCAAQd77OVhYQbgtm28nrn6twFoN95QC5J
      sRH8s2WiUO9pdozyuRK8+42nq+aUiHguogxeX4OxmTSVgndT8UvvE5ed
      -----END PRIVATE KEY-----

      """)

  /// For `*.capulet.test`.
  static let balcony = Pair(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBljCCATygAwIBAgIUP9SEuOf2PLBQTImNzT7FlWB56dMwCgYIKoZIzj0EAwIw
      EjEQMA4GA1UEAwwHYmFsY29ueTAgFw0yNjExMjQxODA5MjBaGA8yMTI2MTAzMTE4
      MDkyMFowEjEQMA4GA1UEAwwHYmFsY29ueTBZMBMGByqGSM49AgEGCCqGSM49AwEH
      A0IABK2en3KRAr/alzAoc4NwGzr3xf/NbujuJY6kFgNbjqGsEoWS76xyrN1idfGP
      4CaSwHe8H4GU0pOhakkpBeywwoujbjBsMB0GA1UdDgQWBBTPv7IH8zzENotU6Acn
      E05zUn9NKzAfBgNVHSMEGDAWgBTPv7IH8zzENotU6AcnE05zUn9NKzAPBgNVHRMB
      Af8EBTADAQH/MBkGA1UdEQQSMBCCDiouY2FwdWxldC50ZXN0MAoGCCqGSM49BAMC
      A0gAMEUCIQCu5R5w/45fz+3dBkGy+cwXI8ugIl4nBp0725NmX+F3TgIgeujXEUpp
      z0aFrCbg+i1tK2A8em3PbsvZxLOoSkaV/j4=
      -----END CERTIFICATE-----

      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgclV4LRmWAKzxVF0t
      myRHdf3GkU+2xiKZJJxihKWyo0ihRANCAAStnp9ykQK/2pcwKHODcBs698X/zW7o
      7iWOpBYDW46hrBKFku+scqzdYnXxj+AmksB3vB+BlNKToWpJKQXssMKL
      -----END PRIVATE KEY-----

      """)
}
