package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.OpenSsl;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.core.tls.TlsSession.Outcome;
import io.portward.testkit.TestPki;
import io.portward.testkit.TlsClients;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tickets under a clock that the test moves, in memory: no sockets, a JDK client. */
@Timeout(60)
class ResumptionTest {

    private static final TicketConfig TICKETS = new TicketConfig(Duration.ofHours(1), Duration.ofHours(12));

    private final AtomicLong nanos = new AtomicLong(-1_000_000_000_000L);
    private TestPki pki;
    private TlsClients clients;
    private TicketKeys keys;
    private ServedCertificate certificate;
    private TlsContext context;

    @BeforeAll
    static void loadBoringSsl() {
        OpenSsl.ensureAvailability();
    }

    @BeforeEach
    void create(@TempDir Path directory) {
        pki = new TestPki(directory);
        clients = TlsClients.trusting(pki.authority());
        keys = new TicketKeys(TICKETS, nanos::get, new SecureRandom());
        certificate = serve("first");
        context = context(TlsPolicy.INTERMEDIATE, PortProtocol.TLS, keys);
    }

    @AfterEach
    void release() {
        context.release();
        certificate.release();
    }

    private ServedCertificate serve(String name) {
        TestPki.Issued issued = pki.ecdsa(name, "web.test");
        return ServedCertificate.create(name, Set.of("web.test"), List.of(issued.certificate()), issued.key());
    }

    private static TlsContext context(TlsPolicy policy, PortProtocol protocol, TicketKeys keys) {
        TlsConfig config = new TlsConfig(policy, UnknownNames.FALLBACK, Duration.ofSeconds(10), TICKETS);
        return TlsContext.create(config, protocol, List.of(), keys);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        keys.advance();
    }

    private boolean resumes(String version) throws IOException {
        return resumes(context, certificate, version);
    }

    /** Shakes hands, exchanges a byte (which brings TLS 1.3 tickets), and tells whether the session was an old one. */
    private boolean resumes(TlsContext server, ServedCertificate served, String version) throws IOException {
        SSLEngine client = clients.context().createSSLEngine("web.test", 443);
        client.setUseClientMode(true);
        client.setEnabledProtocols(new String[] {version});
        TlsSession session = new TlsSession(server);
        session.present(served.credential());
        ByteBuffer toServer = ByteBuffer.allocate(64 * 1024);
        ByteBuffer plain = ByteBuffer.allocate(64 * 1024);
        Outcome outcome = Outcome.WANT_INPUT;
        try {
            client.beginHandshake();
            while (outcome != Outcome.DONE) {
                receive(client, new byte[0], toServer, plain);
                assertThat(toServer.position())
                        .as("the client has something to say")
                        .isPositive();
                outcome = feed(session, toServer.flip());
                toServer.clear();
                ByteBuf flight = Unpooled.directBuffer(32 * 1024, 32 * 1024);
                session.beginOutput(flight);
                outcome = outcome == Outcome.WANT_OUTPUT ? session.handshake() : outcome;
                session.endOutput(flight);
                assertThat(outcome).as(session.takeError()).isIn(Outcome.DONE, Outcome.WANT_INPUT);
                receive(client, bytes(flight), toServer, plain);
            }
            ByteBuf data = Unpooled.directBuffer(1).writeByte('x');
            ByteBuf sealed = Unpooled.directBuffer(32 * 1024, 32 * 1024);
            session.beginOutput(sealed);
            assertThat(session.encrypt(data)).isEqualTo(Outcome.DONE);
            session.endOutput(sealed);
            data.release();
            receive(client, bytes(sealed), toServer, plain);
            assertThat(plain.get(0)).isEqualTo((byte) 'x');
            return session.info(null).resumed();
        } finally {
            client.closeOutbound();
            session.free();
        }
    }

    private static Outcome feed(TlsSession session, ByteBuffer bytes) {
        ByteBuf in = Unpooled.directBuffer(Math.max(1, bytes.remaining())).writeBytes(bytes);
        session.offerInput(in);
        Outcome outcome = session.handshake();
        session.reclaimInput(in);
        in.release();
        return outcome;
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = ByteBufUtil.getBytes(buffer);
        buffer.release();
        return bytes;
    }

    /** Lets the client read, think and answer until it has no more to do. */
    private static void receive(SSLEngine client, byte[] bytes, ByteBuffer answer, ByteBuffer plain)
            throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (true) {
            switch (client.getHandshakeStatus()) {
                case NEED_TASK -> client.getDelegatedTask().run();
                case NEED_WRAP -> client.wrap(ByteBuffer.allocate(0), answer);
                default -> {
                    if (!in.hasRemaining()) {
                        return;
                    }
                    assertThat(client.unwrap(in, plain).getStatus()).isEqualTo(SSLEngineResult.Status.OK);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void resumesWithTheCurrentKey(String version) throws IOException {
        assertThat(resumes(version)).isFalse();
        assertThat(resumes(version)).isTrue();
        assertThat(context.ticketCounters().resumed()).isEqualTo(1);
        assertThat(context.ticketCounters().renewed()).isZero();
        assertThat(context.ticketCounters().rejected()).isZero();
    }

    @Test
    void tls13HandshakesIssueTwoTickets() throws IOException {
        resumes("TLSv1.3");
        assertThat(context.ticketCounters().issued()).isEqualTo(2);
    }

    @Test
    void tls12HandshakesIssueOneTicket() throws IOException {
        resumes("TLSv1.2");
        assertThat(context.ticketCounters().issued()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aTicketOutlivesRotationAndIsRenewed(String version) throws IOException {
        resumes(version);
        for (int hour = 1; hour <= 3; hour++) {
            pass(Duration.ofHours(1));
        }
        assertThat(resumes(version)).isTrue();
        assertThat(context.ticketCounters().renewed()).isEqualTo(1);
        // JDK 25 has kept the second ticket of the first handshake and uses it up before the renewed ones.
        assertThat(resumes(version)).isTrue();
        long renewed = context.ticketCounters().renewed();
        assertThat(renewed).isBetween(1L, 2L);
        assertThat(resumes(version)).as("with a renewed ticket").isTrue();
        assertThat(context.ticketCounters().renewed()).isEqualTo(renewed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aTicketDiesWithItsKey(String version) throws IOException {
        resumes(version);
        for (int minute = 0; minute < 12 * 60 - 1; minute++) {
            pass(Duration.ofMinutes(1));
        }
        pass(Duration.ofMinutes(1));
        assertThat(resumes(version)).isFalse();
        assertThat(context.ticketCounters().rejected()).isPositive();
        assertThat(resumes(version)).as("with the new ticket").isTrue();
    }

    @Test
    void aTicketStillResumesJustBeforeItsKeyDies() throws IOException {
        resumes("TLSv1.3");
        pass(Duration.ofHours(12).minusNanos(1));
        assertThat(resumes("TLSv1.3")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aTicketSurvivesAChangeOfCertificate(String version) throws IOException {
        resumes(version);
        ServedCertificate second = serve("second");
        assertThat(resumes(context, second, version)).isTrue();
        second.release();
    }

    @Test
    void contextsOfOneProcessShareTheirKeys() throws IOException {
        TlsContext other = context(TlsPolicy.INTERMEDIATE, PortProtocol.TLS, keys);
        resumes("TLSv1.3");
        assertThat(resumes(other, certificate, "TLSv1.3")).isTrue();
        other.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void ticketsDoNotCrossProtocols(String version) throws IOException {
        TlsContext other = context(TlsPolicy.INTERMEDIATE, PortProtocol.IMAPS, keys);
        resumes(version);
        assertThat(resumes(other, certificate, version)).isFalse();
        other.release();
    }

    @Test
    void ticketsDoNotCrossPolicies() throws IOException {
        TlsContext other = context(TlsPolicy.MODERN, PortProtocol.TLS, keys);
        resumes("TLSv1.3");
        assertThat(resumes(other, certificate, "TLSv1.3")).isFalse();
        other.release();
    }

    @Test
    void tellsWhenTheNextChangeIsDue() {
        assertThat(keys.untilNextChange()).isEqualTo(Duration.ofHours(1));
        nanos.addAndGet(Duration.ofMinutes(20).toNanos());
        assertThat(keys.untilNextChange()).isEqualTo(Duration.ofMinutes(40));
        assertThat(keys.age()).isEqualTo(Duration.ofMinutes(20));
        pass(Duration.ofMinutes(45));
        assertThat(keys.age()).isZero();
        assertThat(keys.untilNextChange()).isEqualTo(Duration.ofHours(1));
        nanos.addAndGet(Duration.ofDays(100).toNanos());
        assertThat(keys.untilNextChange()).isZero();
    }
}
