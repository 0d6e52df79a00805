package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portward.core.observe.HandshakeFailure;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.RunningProxy;
import io.portward.testkit.ScriptedUpstream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backend sees of ClientHellos in strange pieces for a name that is passed through: every byte, and no other. */
class PassthroughBytesTest {

    private static final int ECH = 0xfe0d;
    private static final int GREASE = 0x5a5a;
    private static final int X25519MLKEM768 = 0x11ec;
    private static final int KYBER = 0x6399;

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final byte[] ANSWER = "what a server says".getBytes(StandardCharsets.US_ASCII);

    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    private ScriptedUpstream upstream;
    private RunningProxy proxy;

    @BeforeAll
    static void issue() {
        PROXIES.pki().ecdsa("web", "web.test");
    }

    @BeforeEach
    void start() throws IOException {
        upstream = ScriptedUpstream.start(connection -> {
            received.add(connection.readAll());
            connection.send(ANSWER);
        });
        proxy = PROXIES.start("""
                certificates: [{name: web, chain: web.pem, key: web.key}]
                tls: {handshakeTimeout: 1s}
                ports:
                  - listen: "127.0.0.1:0"
                    protocol: https
                    routes: [{respond: {status: 200}}]
                    passthrough: [{host: Legacy.Test, backend: legacy}, {host: "*.old.test", backend: legacy}]
                backends: {legacy: {servers: ["%s"]}}
                """, upstream.address());
    }

    @AfterEach
    void stopUpstream() throws IOException {
        upstream.close();
    }

    private static HelloBytes hello() {
        return new HelloBytes().sni("legacy.test").alpn("h2", "http/1.1");
    }

    private void assertRelayed(List<byte[]> pieces) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (RawClient client = RawClient.connect(proxy.address())) {
            for (byte[] piece : pieces) {
                client.send(piece);
                all.writeBytes(piece);
            }
            assertThat(client.endOutput().readAll()).isEqualTo(ANSWER);
        }
        assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(all.toByteArray());
        await().until(() -> proxy.port().closedCount() == 1);
        assertThat(proxy.port().passedThrough()).containsExactly("legacy");
        assertThat(proxy.port().bytesIn()).isEqualTo(all.size());
        assertThat(proxy.port().bytesOut()).isEqualTo(ANSWER.length);
    }

    /** As the newest browsers send it: a hybrid key share of 1216 bytes for each of two groups, GREASE, an encrypted hello inside. */
    private static HelloBytes postQuantum() {
        byte[] ech = new byte[300];
        new Random(1).nextBytes(ech);
        return hello().groups(GREASE, X25519MLKEM768, KYBER, 0x001d)
                .extension(GREASE, new byte[] {0})
                .extension(ECH, ech)
                .extension(51, keyShares(1216, 1216, 32));
    }

    private static byte[] keyShares(int... lengths) {
        ByteBuf shares = Unpooled.buffer();
        int[] groups = {X25519MLKEM768, KYBER, 0x001d};
        for (int i = 0; i < lengths.length; i++) {
            byte[] share = new byte[lengths[i]];
            Arrays.fill(share, (byte) 9);
            shares.writeShort(groups[i]).writeShort(share.length).writeBytes(share);
        }
        return ByteBufUtil.getBytes(
                Unpooled.buffer().writeShort(shares.readableBytes()).writeBytes(shares));
    }

    static Stream<byte[]> hellos() {
        // The message's header, its other fields, and what the padding extension needs.
        int room = 16_384 - hello().padding(1).message().length + 4 + 1;
        return Stream.of(
                hello().message(),
                postQuantum().message(),
                hello().versions(0x0303).message(),
                hello().padding(room).message());
    }

    @ParameterizedTest
    @MethodSource("hellos")
    void inOneRead(byte[] message) throws Exception {
        assertRelayed(List.of(HelloBytes.records(message, 16_384)));
    }

    @ParameterizedTest
    @MethodSource("hellos")
    void splitOverRecords(byte[] message) throws Exception {
        assertRelayed(List.of(HelloBytes.records(message, 100)));
    }

    @ParameterizedTest
    @MethodSource("hellos")
    void inRecordsOfOneByte(byte[] message) throws Exception {
        assertRelayed(List.of(HelloBytes.records(message, 1)));
    }

    @Test
    void oneByteAtATime() throws Exception {
        assertRelayed(HelloBytes.singly(HelloBytes.records(postQuantum().message(), 50)));
    }

    @Test
    void withGarbageBehindIt() throws Exception {
        byte[] garbage = new byte[100_000];
        new Random(2).nextBytes(garbage);
        assertRelayed(List.of(hello().record(), garbage));
    }

    @Test
    void withGarbageInTheSamePiece() throws Exception {
        byte[] bytes = Arrays.copyOf(hello().record(), 5000);
        Arrays.fill(bytes, 4000, 5000, (byte) 0x55);
        assertRelayed(List.of(bytes));
    }

    @Test
    void theOuterNameOfAnEncryptedHelloCounts() throws Exception {
        byte[] ech = "secret.test".getBytes(StandardCharsets.US_ASCII);
        assertRelayed(List.of(hello().extension(ECH, ech).record()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"legacy.test", "LEGACY.TEST", "legacy.test.", "a.old.test", "A.Old.Test."})
    void namesThatMatch(String name) throws Exception {
        assertRelayed(List.of(new HelloBytes().sni(name).record()));
    }

    /** Whatever the offer: what the backend speaks is its own affair. */
    @Test
    void anAlpnOfferThatThePortDoesNotSpeak() throws Exception {
        assertRelayed(List.of(hello().alpn("acme-tls/1").record()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"web.test", "old.test", "a.b.old.test", "xlegacy.test", "legacy.test.test"})
    void otherNamesAreTerminated(String name) throws Exception {
        assertTerminated(new HelloBytes().sni(name).record());
    }

    @Test
    void aHelloWithoutANameIsTerminated() throws Exception {
        assertTerminated(new HelloBytes().record());
    }

    private void assertTerminated(byte[] hello) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            // A record of a ServerHello.
            assertThat(client.send(hello).read(6)).startsWith(22, 3, 3).endsWith(2);
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(upstream.accepted()).isZero();
        assertThat(proxy.port().passedThrough()).isEmpty();
    }

    private void assertFails(byte[] bytes, HandshakeFailure reason) throws IOException {
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send(bytes).readAll();
        }
        await().until(() -> proxy.port().failures().size() == 1);
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(reason);
        assertThat(upstream.accepted()).isZero();
    }

    @Test
    void aHelloThatIsNeverFinishedTimesOut() throws Exception {
        byte[] record = hello().record();
        assertFails(Arrays.copyOf(record, record.length - 1), HandshakeFailure.TIMEOUT);
    }

    /** The name has been seen by then, but the message is not a ClientHello until it is whole. */
    @Test
    void aHelloBeyondAnyBoundIsMalformed() throws Exception {
        byte[] message = hello().padding(17_000).message();
        assertFails(Arrays.copyOf(HelloBytes.records(message, 1000), 1005), HandshakeFailure.MALFORMED);
    }

    @Test
    void plainHttpIsRedirected() throws Exception {
        try (RawClient client = RawClient.connect(proxy.address())) {
            client.send("GET / HTTP/1.1\r\nHost: legacy.test\r\nConnection: close\r\n\r\n");
            assertThat(client.readAllText()).startsWith("HTTP/1.1 308 ");
        }
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason())
                .containsExactly(HandshakeFailure.PLAIN_HTTP);
    }

    @Test
    void whatIsNotTlsIsClosed() throws Exception {
        assertFails("EHLO legacy.test\r\n".getBytes(StandardCharsets.US_ASCII), HandshakeFailure.NOT_TLS);
    }

    @Test
    void brokenHellosEndInOnePlaceEach() throws Exception {
        Random random = new Random(20261123);
        byte[] good = hello().record();
        int count = 1000;
        for (int i = 0; i < count; i++) {
            byte[] bytes = good.clone();
            for (int n = random.nextInt(6); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try (RawClient client = RawClient.connect(proxy.address())) {
                client.send(bytes).endOutput().readAll();
            } catch (IOException refused) {
                assertThat(refused).hasMessageMatching("(?i).*(reset|broken pipe).*");
            }
        }
        await().untilAsserted(() -> {
            assertThat(proxy.port().closedCount()).isEqualTo(count);
            assertThat(proxy.port().failures().size()
                            + proxy.port().passedThrough().size())
                    .isEqualTo(count);
        });
        assertThat(proxy.port().passedThrough()).hasSizeGreaterThan(100);
        assertThat(proxy.port().failures())
                .extracting(failure -> failure.reason().label())
                .doesNotContain("internal");
    }
}
