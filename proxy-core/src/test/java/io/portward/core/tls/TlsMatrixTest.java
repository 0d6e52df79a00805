package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import io.portward.core.observe.TlsInfo;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.TestPki;
import io.portward.testkit.TlsClients;
import io.portward.testkit.TlsEngineClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of two TLS libraries agree on with the proxy, and whose certificate they see. */
class TlsMatrixTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static TlsClients jdk;

    private ScriptedUpstream upstream;

    @BeforeAll
    static void issue() {
        TestPki pki = PROXIES.pki();
        pki.ecdsa("first", "first.test");
        pki.ecdsa("both-ec", "both.test", "*.both.test");
        pki.rsa("both-rsa", "both.test", "*.both.test");
        pki.ecdsa("exact", "exact.both.test");
        pki.ecdsa("ec", "ec.test");
        pki.rsa("rsa", "rsa.test");
        pki.ecdsa("idn", "xn--bcher-kva.test");
        jdk = TlsClients.trusting(pki.authority());
    }

    @BeforeEach
    void startUpstream() throws IOException {
        upstream = ScriptedUpstream.echo();
    }

    @AfterEach
    void stopUpstream() throws IOException {
        upstream.close();
    }

    private RunningProxy start(String protocol, String tls) {
        return PROXIES.start(
                """
                certificates:
                  - {name: first, chain: first.pem, key: first.key}
                  - {name: both-rsa, chain: both-rsa.pem, key: both-rsa.key}
                  - {name: both-ec, chain: both-ec.pem, key: both-ec.key}
                  - {name: exact, chain: exact.pem, key: exact.key}
                  - {name: ec, chain: ec.pem, key: ec.key}
                  - {name: rsa, chain: rsa.pem, key: rsa.key}
                  - {name: idn, chain: idn.pem, key: idn.key}
                tls: {%s}
                ports: [{listen: "127.0.0.1:0", protocol: %s, %s}]
                backends: {echo: {servers: ["%s"]}}
                """,
                tls,
                protocol,
                protocol.equals("https") ? "routes: [{backend: echo}]" : "backend: echo",
                upstream.address());
    }

    /** Shakes hands with a BoringSSL client, proves that data passes on {@code tls} ports, and tells whose certificate it saw. */
    private static String boringSsl(RunningProxy proxy, String name, UnaryOperator<SslContextBuilder> change)
            throws IOException {
        SslContext context = change.apply(SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL_REFCNT)
                        .trustManager(PROXIES.pki().authority())
                        .endpointIdentificationAlgorithm(null))
                .build();
        SSLEngine engine = name == null
                ? context.newEngine(UnpooledByteBufAllocator.DEFAULT)
                : context.newEngine(
                        UnpooledByteBufAllocator.DEFAULT, name, proxy.address().getPort());
        try (TlsEngineClient client = new TlsEngineClient(RawClient.connect(proxy.address()), engine)) {
            client.handshake();
            return commonName(engine);
        } finally {
            ReferenceCountUtil.release(engine);
            ReferenceCountUtil.release(context);
        }
    }

    private static String commonName(SSLEngine engine) throws SSLPeerUnverifiedException {
        X509Certificate leaf = (X509Certificate) engine.getSession().getPeerCertificates()[0];
        return leaf.getSubjectX500Principal().getName().substring("CN=".length());
    }

    private static TlsInfo handshake(RunningProxy proxy) {
        await().until(() -> proxy.port().handshakes().size() == 1);
        return proxy.port().handshakes().get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "intermediate, TLSv1.2",
        "intermediate, TLSv1.3",
        "modern, TLSv1.3",
    })
    void versionsOfThePolicy(String policy, String version) throws IOException {
        RunningProxy proxy = start("tls", "policy: " + policy);
        try (RawClient client = jdk.connect(
                proxy.address(), "ec.test", parameters -> parameters.setProtocols(new String[] {version}))) {
            assertThat(client.send("x\n").readUntil("\n")).isEqualTo("x\n");
        }
        assertThat(handshake(proxy).version()).isEqualTo(version);
    }

    @Test
    void modernRefusesTls12() {
        RunningProxy proxy = start("tls", "policy: modern");
        assertThatThrownBy(() -> jdk.connect(
                        proxy.address(), "ec.test", parameters -> parameters.setProtocols(new String[] {"TLSv1.2"})))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("protocol_version");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_AES_128_GCM_SHA256",
                "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256"
            })
    void cipherSuites(String suite) throws IOException {
        RunningProxy proxy = start("tls", "");
        try (RawClient client = jdk.connect(
                proxy.address(), "both.test", parameters -> parameters.setCipherSuites(new String[] {suite}))) {
            assertThat(client.send("x\n").readUntil("\n")).isEqualTo("x\n");
        }
        assertThat(handshake(proxy).cipher()).isEqualTo(suite);
    }

    @ParameterizedTest
    @CsvSource({
        "X25519MLKEM768, X25519MLKEM768",
        "X25519, X25519",
        "P-256, P-256",
        "P-384, P-384",
        // The server's order counts.
        "P-384:P-256:X25519:X25519MLKEM768, X25519MLKEM768",
        "P-384:X25519, X25519",
        "P-521:P-384, P-384"
    })
    void groups(String offer, String agreed) throws IOException {
        RunningProxy proxy = start("tls", "");
        boringSsl(proxy, "ec.test", builder -> builder.option(OpenSslContextOption.GROUPS, offer.split(":")));
        assertThat(handshake(proxy).group()).isEqualTo(agreed);
    }

    @ParameterizedTest
    @CsvSource({
        "ec.test, ec",
        "EC.Test, ec",
        "ec.test., ec",
        "EC.TEST., ec",
        "exact.both.test, exact",
        "other.both.test, both-ec",
        "OTHER.both.TEST., both-ec",
        "a.b.both.test, first",
        "unknown.test, first",
        "test, first",
        "xn--bcher-kva.test, idn",
        "XN--BCHER-KVA.test, idn"
    })
    void certificateByName(String name, String certificate) throws IOException {
        RunningProxy proxy = start("tls", "");
        HelloBytes hello = new HelloBytes().versions(0x0303).sni(name);
        assertThat(certificateInClear(proxy, hello)).contains("CN=" + certificate + ",");
    }

    @Test
    void noNameGetsTheFallback() throws IOException {
        RunningProxy proxy = start("tls", "");
        assertThat(boringSsl(proxy, null, builder -> builder)).isEqualTo("first");
        assertThat(handshake(proxy).serverName()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unknown.test", "a.b.both.test", "ttest"})
    void rejectsUnknownNames(String name) {
        RunningProxy proxy = start("tls", "unknownNames: reject");
        assertThatThrownBy(() -> jdk.connect(proxy.address(), name))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("unrecognized_name");
    }

    @ParameterizedTest
    @CsvSource({
        "c02b, 0403, both-ec",
        "c02f, 0804, both-rsa",
        "c02f, 0401, both-rsa",
        "c02f c02b, 0804 0403, both-ec",
        // Says ECDSA in the suites, but takes no ECDSA signature.
        "c02b c02f, 0804 0401, both-rsa"
    })
    void ecdsaAndRsaSideBySideInTls12(String ciphers, String signatures, String certificate) throws IOException {
        RunningProxy proxy = start("tls", "");
        HelloBytes hello = new HelloBytes()
                .versions(0x0303)
                .ciphers(codePoints(ciphers))
                .signatures(codePoints(signatures))
                .sni("both.test");
        assertThat(certificateInClear(proxy, hello)).contains("CN=" + certificate + ",");
    }

    private static int[] codePoints(String hex) {
        return Stream.of(hex.split(" "))
                .mapToInt(text -> Integer.parseInt(text, 16))
                .toArray();
    }

    /** TLS 1.2 sends the certificate in the clear, so a hello is all it takes to see it. */
    private static String certificateInClear(RunningProxy proxy, HelloBytes hello) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(hello.record());
            byte[] seen = new byte[0];
            while (true) {
                byte[] header = client.read(5);
                byte[] body = client.read((header[3] & 0xff) << 8 | header[4] & 0xff);
                if (header[0] != 22) {
                    throw new AssertionError("record of type " + header[0] + ": " + Arrays.toString(body));
                }
                seen = concat(seen, body);
                int at = 4 + ((seen[1] & 0xff) << 16 | (seen[2] & 0xff) << 8 | seen[3] & 0xff);
                if (seen.length > at + 4 + 6 + 2000
                        || new String(seen, StandardCharsets.ISO_8859_1).contains("\u000e\0\0\0")) {
                    CertificateFactory factory = CertificateFactory.getInstance("X.509");
                    X509Certificate leaf = (X509Certificate) factory.generateCertificate(
                            new ByteArrayInputStream(seen, at + 4 + 6, seen.length - at - 10));
                    return leaf.getSubjectX500Principal().getName() + ",";
                }
            }
        } catch (CertificateException e) {
            throw new IOException(e);
        }
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static List<String> suites(String version, String key) {
        return version.equals("TLSv1.3")
                ? List.of("TLS_AES_128_GCM_SHA256")
                : List.of("TLS_ECDHE_" + key + "_WITH_AES_128_GCM_SHA256");
    }

    @ParameterizedTest
    @CsvSource({"ec.test, RSA", "rsa.test, ECDSA"})
    void aClientThatCannotUseTheNamesKeyGetsNoOtherNamesCertificate(String name, String can) {
        RunningProxy proxy = start("tls", "");
        assertThatThrownBy(() -> boringSsl(
                        proxy, name, builder -> builder.protocols("TLSv1.2").ciphers(suites("TLSv1.2", can))))
                .isInstanceOf(SSLException.class);
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().handshakes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "https, http/1.1, http/1.1",
        "https, h3 http/1.1, http/1.1",
        "https, , none",
        "imaps, imap, imap",
        "pop3s, pop3, pop3",
        "smtps, smtp, smtp",
        "smtps, , none",
        "tls, anything h2, none",
        "tls, , none"
    })
    void alpn(String protocol, String offer, String agreed) throws IOException {
        RunningProxy proxy = start(protocol, "");
        boringSsl(
                proxy,
                "ec.test",
                builder -> offer == null
                        ? builder
                        : builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                                Protocol.ALPN,
                                SelectorFailureBehavior.NO_ADVERTISE,
                                SelectedListenerFailureBehavior.ACCEPT,
                                offer.split(" "))));
        assertThat(handshake(proxy).alpn()).isEqualTo(agreed);
    }

    @Test
    void unsharedAlpnIsRefusedWithItsAlert() {
        RunningProxy proxy = start("imaps", "");
        assertThatThrownBy(() -> jdk.connect(
                        proxy.address(),
                        "ec.test",
                        parameters -> parameters.setApplicationProtocols(new String[] {"h2"})))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("no_application_protocol");
    }
}
