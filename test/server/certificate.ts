// Certificates that sign themselves and are valid until 2126, with their keys: for servers of tests on loopback alone.
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj '/CN=…' \
//     -addext 'subjectAltName=…'

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** For localhost, 127.0.0.1 and ::1. */
export const LOCALHOST: Certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1HBRVmf5SyvIOIG8
RGJt2dctFvngCrqmL/EHZF9TH0ChRANCAASFuXZ5aLZuAmLaaSkxPbd1Bbu147pm
uGXVgBRdyw8liqHtyJuZyUQefXxrq4WZg9kf4V2Cs6JNysjzL8XfXchr
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBsjCCAVigAwIBAgIUTNR++IvdeFPx46AZiCTr5NCD9ogwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZmx1cnJ5IHRlc3QwIBcNMjYxMTIyMjAwNzU1WhgPMjEyNjEw
MjkyMDA3NTVaMBYxFDASBgNVBAMMC2ZsdXJyeSB0ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEhbl2eWi2bgJi2mkpMT23dQW7teO6Zrhl1YAUXcsPJYqh7cib
mclEHn18a6uFmYPZH+FdgrOiTcrI8y/F313Ia6OBgTB/MB0GA1UdDgQWBBQedcgL
dc22Vd/KHNhdR475DZra5jAfBgNVHSMEGDAWgBQedcgLdc22Vd/KHNhdR475DZra
5jAPBgNVHRMBAf8EBTADAQH/MCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQ
AAAAAAAAAAAAAAAAAAAAATAKBggqhkjOPQQDAgNIADBFAiAH++ql2ifalMWlKGtC
HGLEFCYzPOwM2L5iFCjEOFezigIhAJOCRU51Hz5Ggo7/50QTk/x/NGc5VQRc/SI1
qnplhege
-----END CERTIFICATE-----`,
};

/** For another name; the common name, which counts for nothing (RFC 9110 section 4.3.4), says localhost. */
export const ELSEWHERE: Certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn1dsaoStE2s/1qeV
xLhsjfPvmq1kgFnWoOsKOu7SONuhRANCAAQeYAra58vLjg5vJK/RGxaJxR+1o8tq
yPkQwoE2uHd/lB3Ug1WMLKpXLlBehaavtxpOe81lXB2fEiN9H6/fgrLi
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnjCCAUOgAwIBAgIUScn1KvmG1awVAAWekQu5ju9xiGYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIwMDc1NVoYDzIxMjYxMDI5
MjAwNzU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQeYAra58vLjg5vJK/RGxaJxR+1o8tqyPkQwoE2uHd/lB3Ug1WMLKpX
LlBehaavtxpOe81lXB2fEiN9H6/fgrLio3EwbzAdBgNVHQ4EFgQUWPzMNogcowyv
7sLLaW3ThH5zJwYwHwYDVR0jBBgwFoAUWPzMNogcowyv7sLLaW3ThH5zJwYwDwYD
VR0TAQH/BAUwAwEB/zAcBgNVHREEFTATghFlbHNld2hlcmUuZXhhbXBsZTAKBggq
hkjOPQQDAgNJADBGAiEAzjR/8u2E96JOdFEgxqhL0oCvFkEdAfCtq6yN8FQargsC
IQCGo/9OWITuqUKYmhBI3HlLH8iOQ7gMqrWiYnPamlyZMA==
-----END CERTIFICATE-----`,
};

/** For two names at once: one.test and two.test. */
export const TWO_NAMES: Certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2mYLw+ztGIdU+cp7
vc0PeBtx4jSXZ8g3DrV8h0CX/VShRANCAAQFQHX++zW8u/ztZqroAq9nCtOgSi+e
eVk1zTO1Oq/P8d8/Eu4RFaEuOf/O6P47ufRPKp3xSac9NGYXS3G3IFgz
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBoTCCAUigAwIBAgIUUMAmO8BxaBSCaLW2kq8bMyklAZMwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZmx1cnJ5IHRlc3QwIBcNMjYxMTIzMDUzMjI1WhgPMjEyNjEw
MzAwNTMyMjVaMBYxFDASBgNVBAMMC2ZsdXJyeSB0ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEBUB1/vs1vLv87Waq6AKvZwrToEovnnlZNc0ztTqvz/HfPxLu
ERWhLjn/zuj+O7n0Tyqd8UmnPTRmF0txtyBYM6NyMHAwHQYDVR0OBBYEFJdnp97e
s44WwHYokS1DI3sBLM5/MB8GA1UdIwQYMBaAFJdnp97es44WwHYokS1DI3sBLM5/
MA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0RBBYwFIIIb25lLnRlc3SCCHR3by50ZXN0
MAoGCCqGSM49BAMCA0cAMEQCIADi8VLRk/xeJcu3o6VheKj5WpikZydo0mar3BoR
rwklAiBKZwUuxtVf72ljSzcqQ90dIK8otOE8wVWjUanmhQyEtw==
-----END CERTIFICATE-----`,
};
