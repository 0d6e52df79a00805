package io.portward.core.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RecordingObserver.Failure;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drives every reason that a client can cause; the extension checks after each that the sums agree. */
class HandshakeFailureTest {

    private static final int NOBODY_LISTENS = 1;

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("ec", "ec.test");
        PROXIES.pki().rsa("rsa", "rsa.test");
        PROXIES.pki().expired("old", "old.test");
    }

    private static RunningProxy start(String protocol, String tls) {
        return PROXIES.start(
                """
                certificates:
                  - {name: ec, chain: ec.pem, key: ec.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                  - {name: old, chain: old.pem, key: old.key}
                tls: {%s}
                ports: [{listen: "127.0.0.1:0", protocol: %s, %s}]
                backends: {none: {servers: ["127.0.0.1:%d"]}}
                """,
                tls,
                protocol,
                protocol.equals("https") ? "routes: [{backend: none}]" : "backend: none",
                NOBODY_LISTENS);
    }

    /** Sends, and returns everything that comes back. */
    private static byte[] exchange(RunningProxy proxy, byte[] bytes) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            return client.send(bytes).readAll();
        }
    }

    private static void assertFailed(RunningProxy proxy, HandshakeFailure reason) {
        await().untilAsserted(() -> assertThat(proxy.port().failures())
                .as("%s", proxy.port().failures())
                .extracting(Failure::reason)
                .containsExactly(reason));
        assertThat(proxy.port().handshakes()).isEmpty();
    }

    private static void assertAlert(byte[] answer, int alert) {
        assertThat(answer).containsExactly(21, 3, 3, 0, 2, 2, alert);
    }

    @Test
    void timeoutWithoutAByte() throws IOException {
        RunningProxy proxy = start("tls", "handshakeTimeout: 300ms");
        long start = System.nanoTime();
        assertThat(exchange(proxy, new byte[0])).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(290), Duration.ofMillis(3000));
        assertFailed(proxy, HandshakeFailure.TIMEOUT);
    }

    @Test
    void timeoutInTheMiddleOfAHello() throws IOException {
        RunningProxy proxy = start("tls", "handshakeTimeout: 300ms");
        byte[] hello = new HelloBytes().record();
        exchange(proxy, java.util.Arrays.copyOf(hello, hello.length - 1));
        assertFailed(proxy, HandshakeFailure.TIMEOUT);
    }

    @Test
    void timeoutBeforeFinished() throws IOException {
        RunningProxy proxy = start("tls", "handshakeTimeout: 300ms");
        assertThat(exchange(proxy, new HelloBytes().record()).length).isGreaterThan(500);
        assertFailed(proxy, HandshakeFailure.TIMEOUT);
    }

    @Test
    void aTricklingHelloTimesOutAllTheSame() throws Exception {
        RunningProxy proxy = start("tls", "handshakeTimeout: 500ms");
        try (RawClient client = RawClient.connect(proxy.address())) {
            byte[] hello = new HelloBytes().padding(500).record();
            assertThatThrownBy(() -> {
                        for (byte b : hello) {
                            client.send(new byte[] {b});
                            await().pollDelay(Duration.ofMillis(20)).until(() -> true);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertFailed(proxy, HandshakeFailure.TIMEOUT);
    }

    @Test
    void clientClosesBeforeAnything() throws IOException {
        RunningProxy proxy = start("tls", "");
        RawClient.connect(proxy.address()).close();
        assertFailed(proxy, HandshakeFailure.CLIENT_CLOSED);
    }

    @Test
    void clientClosesInTheMiddleOfAHello() throws IOException {
        RunningProxy proxy = start("tls", "");
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(new byte[] {22, 3, 1}).endOutput();
            assertThat(client.readAll()).isEmpty();
        }
        assertFailed(proxy, HandshakeFailure.CLIENT_CLOSED);
    }

    @Test
    void clientResetsInTheMiddleOfAHello() throws IOException {
        RunningProxy proxy = start("tls", "");
        RawClient client = RawClient.connect(proxy.address());
        client.send(new byte[] {22, 3, 1});
        await().until(() -> proxy.port().bytesIn() == 3);
        client.reset();
        assertFailed(proxy, HandshakeFailure.RESET);
    }

    @Test
    void clientResetsAfterItsHello() throws IOException {
        RunningProxy proxy = start("tls", "");
        RawClient client = RawClient.connect(proxy.address());
        client.send(new HelloBytes().record()).read(5);
        client.reset();
        assertFailed(proxy, HandshakeFailure.RESET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: ec.test\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\n\r\n",
                "BREW / HTTP/1.1\r\n\r\n"
            })
    void plainHttp(String request) throws IOException {
        RunningProxy proxy = start("https", "");
        assertThat(new String(exchange(proxy, request.getBytes(StandardCharsets.US_ASCII)), StandardCharsets.US_ASCII))
                .startsWith("HTTP/1.1 ");
        assertFailed(proxy, HandshakeFailure.PLAIN_HTTP);
    }

    @Test
    void plainHttpOnAPortThatSpeaksNoHttpIsOnlyClosed() throws IOException {
        RunningProxy proxy = start("tls", "");
        assertThat(exchange(proxy, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
                .isEmpty();
        assertFailed(proxy, HandshakeFailure.PLAIN_HTTP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n",
                "EHLO mail.example\r\n",
                "A1 LOGIN a b\r\n",
                "\u0000\u0000\u0000\u0000",
                "\u0016\u0002\u0000",
                "lower case / HTTP/1.1\r\n",
                "\u0015\u0002\u0000",
                "\u00ff\u00ff\u00ff\u00ff"
            })
    void notTls(String greeting) throws IOException {
        RunningProxy proxy = start("smtps", "");
        assertThat(exchange(proxy, greeting.getBytes(StandardCharsets.ISO_8859_1)))
                .isEmpty();
        assertFailed(proxy, HandshakeFailure.NOT_TLS);
    }

    @Test
    void malformed() throws IOException {
        RunningProxy proxy = start("tls", "");
        byte[] hello = new HelloBytes().record();
        hello[5 + 4 + 2 + 32] = (byte) 0xff;
        assertAlert(exchange(proxy, hello), 50);
        assertFailed(proxy, HandshakeFailure.MALFORMED);
    }

    @Test
    void malformedAfterTheHello() throws IOException {
        RunningProxy proxy = start("tls", "");
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(new HelloBytes().record()).read(5);
            client.send(new byte[] {22, 3, 3, 0, 1, 0}).readAll();
        }
        assertFailed(proxy, HandshakeFailure.MALFORMED);
    }

    @Test
    void aHelloOverSixteenKibibytesIsMalformed() throws IOException {
        RunningProxy proxy = start("tls", "");
        exchange(proxy, HelloBytes.records(new HelloBytes().padding(20_000).message(), 16_384));
        assertFailed(proxy, HandshakeFailure.MALFORMED);
    }

    @Test
    void serverNamesThatAreNotPrintableAsciiAreMalformed() throws IOException {
        RunningProxy proxy = start("tls", "");
        assertAlert(exchange(proxy, new HelloBytes().sni("b\u00fccher.test").record()), 50);
        assertFailed(proxy, HandshakeFailure.MALFORMED);
    }

    @Test
    void noSni() throws IOException {
        RunningProxy proxy = start("tls", "unknownNames: reject");
        assertAlert(exchange(proxy, new HelloBytes().record()), 112);
        assertFailed(proxy, HandshakeFailure.NO_SNI);
    }

    @Test
    void unknownSni() throws IOException {
        RunningProxy proxy = start("tls", "unknownNames: reject");
        assertAlert(exchange(proxy, new HelloBytes().sni("other.test").record()), 112);
        assertFailed(proxy, HandshakeFailure.UNKNOWN_SNI);
    }

    @Test
    void ssl2IsNoSharedVersion() throws IOException {
        RunningProxy proxy = start("tls", "");
        byte[] hello = {(byte) 0x80, 0x1c, 1, 0, 2, 0, 3, 0, 0, 0, 16, 7, 0, (byte) 0xc0};
        assertAlert(exchange(proxy, hello), 70);
        assertFailed(proxy, HandshakeFailure.NO_SHARED_VERSION);
    }

    @Test
    void tls11IsNoSharedVersion() throws IOException {
        RunningProxy proxy = start("tls", "");
        assertThat(exchange(proxy, new HelloBytes().versions(0x0302, 0x0301).record()))
                .endsWith(2, 70);
        assertFailed(proxy, HandshakeFailure.NO_SHARED_VERSION);
    }

    @Test
    void tls12IsNoSharedVersionForModern() throws IOException {
        RunningProxy proxy = start("tls", "policy: modern");
        assertThat(exchange(proxy, new HelloBytes().versions(0x0303).record())).endsWith(2, 70);
        assertFailed(proxy, HandshakeFailure.NO_SHARED_VERSION);
    }

    @ParameterizedTest
    @CsvSource({
        // RSA key exchange, CBC, 3DES
        "0303, 009c",
        "0303, c009",
        "0303, c013",
        "0303, 000a",
        // ECDHE_RSA for a name that has an ECDSA key only; a TLS 1.3 client with no TLS 1.3 suite
        "0303, c02f",
        "0304, c02b"
    })
    void noSharedCipher(String version, String cipher) throws IOException {
        RunningProxy proxy = start("tls", "");
        exchange(
                proxy,
                new HelloBytes()
                        .versions(Integer.parseInt(version, 16))
                        .ciphers(Integer.parseInt(cipher, 16))
                        .sni("ec.test")
                        .record());
        assertFailed(proxy, HandshakeFailure.NO_SHARED_CIPHER);
    }

    @ParameterizedTest
    @CsvSource({"0303", "0304"})
    void noSharedGroup(String version) throws IOException {
        RunningProxy proxy = start("tls", "");
        exchange(
                proxy,
                new HelloBytes()
                        .versions(Integer.parseInt(version, 16))
                        .groups(0x001e, 0x0100)
                        .sni("ec.test")
                        .record());
        assertFailed(proxy, HandshakeFailure.NO_SHARED_GROUP);
    }

    @ParameterizedTest
    @CsvSource({
        "ec.test, 0304, 0804",
        "rsa.test, 0304, 0403",
        "ec.test, 0303, 0401",
        // Only SHA-1, which is never signed with
        "ec.test, 0303, 0203",
        "rsa.test, 0303, 0201",
    })
    void noSharedSignature(String name, String version, String signature) throws IOException {
        RunningProxy proxy = start("tls", "");
        exchange(
                proxy,
                new HelloBytes()
                        .versions(Integer.parseInt(version, 16))
                        .signatures(Integer.parseInt(signature, 16))
                        .sni(name)
                        .record());
        assertFailed(proxy, HandshakeFailure.NO_SHARED_SIGNATURE);
    }

    /** RFC 5246 §7.4.1.4.1 would have it mean SHA-1. */
    @Test
    void aTls12HelloWithoutSignatureAlgorithmsIsRefused() throws IOException {
        RunningProxy proxy = start("tls", "");
        exchange(
                proxy,
                new HelloBytes().versions(0x0303).signatures().sni("rsa.test").record());
        assertFailed(proxy, HandshakeFailure.NO_SHARED_SIGNATURE);
    }

    @ParameterizedTest
    @CsvSource({"https, imap", "https, h3", "imaps, http/1.1", "pop3s, smtp", "smtps, h2"})
    void noSharedAlpn(String protocol, String offer) throws IOException {
        RunningProxy proxy = start(protocol, "");
        assertAlert(exchange(proxy, new HelloBytes().alpn(offer).record()), 120);
        assertFailed(proxy, HandshakeFailure.NO_SHARED_ALPN);
    }

    @Test
    void clientThatTrustsSomebodyElse() {
        RunningProxy proxy = start("tls", "");
        TlsClients strangers = TlsClients.trusting(
                PROXIES.pki().ecdsa("stranger", "stranger.test").certificate());
        assertThatThrownBy(() -> strangers.connect(proxy.address(), "ec.test")).isInstanceOf(SSLException.class);
        // What the JDK says when it finds no path.
        assertFailed(proxy, HandshakeFailure.CLIENT_ALERT_CERTIFICATE_UNKNOWN);
    }

    @Test
    void clientThatFindsTheCertificateExpired() {
        RunningProxy proxy = start("tls", "");
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        assertThatThrownBy(() -> clients.connect(proxy.address(), "old.test")).isInstanceOf(SSLException.class);
        await().until(() -> !proxy.port().failures().isEmpty());
        assertThat(proxy.port().failures().get(0).reason())
                .isIn(
                        HandshakeFailure.CLIENT_ALERT_CERTIFICATE_EXPIRED,
                        HandshakeFailure.CLIENT_ALERT_CERTIFICATE_UNKNOWN);
    }

    /** TLS 1.2, where the alert that answers the certificate may be sent in the clear. */
    @ParameterizedTest
    @CsvSource({
        "48, CLIENT_ALERT_UNKNOWN_CA",
        "42, CLIENT_ALERT_BAD_CERTIFICATE",
        "45, CLIENT_ALERT_CERTIFICATE_EXPIRED",
        "46, CLIENT_ALERT_CERTIFICATE_UNKNOWN",
        "40, CLIENT_ALERT_OTHER",
        "80, CLIENT_ALERT_OTHER",
        "0, CLIENT_CLOSED",
        "90, CLIENT_CLOSED"
    })
    void clientAlert(int alert, HandshakeFailure reason) throws IOException {
        RunningProxy proxy = start("tls", "");
        int level = alert == 0 || alert == 90 ? 1 : 2;
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(new HelloBytes().versions(0x0303).sni("ec.test").record())
                    .read(5);
            client.send(new byte[] {21, 3, 3, 0, 2, (byte) level, (byte) alert});
            client.endOutput().readAll();
        }
        assertFailed(proxy, reason);
    }

    @ParameterizedTest
    @CsvSource({"2, 48, CLIENT_ALERT_UNKNOWN_CA", "2, 40, CLIENT_ALERT_OTHER", "1, 0, CLIENT_CLOSED"})
    void alertInPlaceOfAHello(int level, int alert, HandshakeFailure reason) throws IOException {
        RunningProxy proxy = start("tls", "");
        assertThat(exchange(proxy, new byte[] {21, 3, 1, 0, 2, (byte) level, (byte) alert}))
                .isEmpty();
        assertFailed(proxy, reason);
    }

    static List<byte[]> beginnings() {
        return List.of(new byte[0], new byte[] {22, 3}, new HelloBytes().record());
    }

    @ParameterizedTest
    @MethodSource("beginnings")
    void shutdown(byte[] beginning) throws IOException {
        RunningProxy proxy = start("tls", "");
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(beginning);
            await().until(() ->
                    proxy.port().acceptedCount() == 1 && proxy.port().bytesIn() == beginning.length);
            proxy.stop();
            client.readAll();
        }
        assertFailed(proxy, HandshakeFailure.SHUTDOWN);
    }

    @Test
    void detailsForTheLogHoldNoControlCharacters() throws IOException {
        RunningProxy proxy = start("imaps", "unknownNames: reject");
        exchange(proxy, new HelloBytes().alpn("x\r\n\u0007\u00ff").record());
        assertFailed(proxy, HandshakeFailure.NO_SHARED_ALPN);
        String detail = requireNonNull(proxy.port().failures().get(0).detail());
        assertThat(detail.chars().allMatch(c -> c >= ' ' && c < 0x7f))
                .as(detail)
                .isTrue();
    }

    @Test
    void manyFailuresAndSuccessesAddUp() throws IOException {
        RunningProxy proxy = start("https", "unknownNames: reject");
        List<byte[]> openings = List.of(
                new HelloBytes().record(),
                new HelloBytes().sni("other.test").record(),
                "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                new byte[] {0});
        TlsClients clients = TlsClients.trusting(PROXIES.pki().authority());
        for (int i = 0; i < 40; i++) {
            exchange(proxy, openings.get(i % openings.size()));
            clients.connect(proxy.address(), "ec.test").close();
        }
        await().untilAsserted(() -> {
            assertThat(proxy.port().failures()).hasSize(40);
            assertThat(proxy.port().handshakes()).hasSize(40);
            assertThat(proxy.port().closedCount()).isEqualTo(80);
        });
    }
}
