package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.util.ReferenceCountUtil;
import io.portward.config.model.PortProtocol;
import io.portward.config.model.TicketConfig;
import io.portward.config.model.TlsConfig;
import io.portward.config.model.TlsPolicy;
import io.portward.config.model.UnknownNames;
import io.portward.config.validate.ConfigurationException;
import io.portward.config.yaml.ConfigLoader;
import io.portward.core.observe.HandshakeFailure;
import io.portward.core.observe.PortObserver;
import io.portward.core.observe.TicketCounters;
import io.portward.core.observe.TlsInfo;
import io.portward.core.transport.DeadlineWheel;
import io.portward.testkit.TestPki;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What sockets cannot be made to do on demand: writes that fail at a given moment, and things freed under a handler. */
class TlsHandlerTest implements TlsHandler.Listener {

    private static final TlsConfig CONFIG = new TlsConfig(
            TlsPolicy.INTERMEDIATE,
            UnknownNames.FALLBACK,
            Duration.ofSeconds(10),
            new TicketConfig(Duration.ofHours(1), Duration.ofHours(12)));

    /** Every write fails as on a connection that the peer has reset. */
    private static final class ResetByPeer extends ChannelOutboundHandlerAdapter {

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
            promise.setFailure(new IOException("Connection reset by peer"));
        }
    }

    private final List<HandshakeFailure> failures = new ArrayList<>();
    private ServedCertificate certificate;
    private CertificateStore store;
    private TlsContext context;
    private ServerNames names;

    @BeforeAll
    static void loadBoringSsl() {
        OpenSsl.ensureAvailability();
    }

    @BeforeEach
    void create(@TempDir Path directory) throws ConfigurationException {
        TestPki.Issued issued = new TestPki(directory).ecdsa("web", "web.test");
        certificate = ServedCertificate.create("web", Set.of("web.test"), List.of(issued.certificate()), issued.key());
        store = CertificateStore.of(List.of(certificate));
        names = new ServerNames(new ConfigLoader()
                .parse("""
                        certificates: [{name: web, chain: web.pem, key: web.key}]
                        ports: [{listen: "127.0.0.1:0", protocol: tls, backend: b}]
                        backends: {b: {servers: ["127.0.0.1:1"]}}
                        """, "test.yaml", directory)
                .configuration()
                .ports()
                .get(0));
        context = TlsContext.create(
                CONFIG,
                PortProtocol.TLS,
                List.of(),
                new TicketKeys(CONFIG.tickets(), System::nanoTime, new SecureRandom()));
    }

    @AfterEach
    void release() {
        if (store != null) {
            store.release();
            certificate.release();
        }
        if (context.refCnt() > 0) {
            context.release();
        }
    }

    private EmbeddedChannel channel(boolean reset) {
        PortObserver ignored = (PortObserver) Proxy.newProxyInstance(
                PortObserver.class.getClassLoader(),
                new Class<?>[] {PortObserver.class},
                (proxy, method, args) -> null);
        EmbeddedChannel channel = new EmbeddedChannel();
        if (reset) {
            channel.pipeline().addLast(new ResetByPeer());
        }
        channel.pipeline()
                .addLast(new TlsHandler(
                        context,
                        () -> store,
                        names,
                        ignored,
                        this,
                        new DeadlineWheel(channel.eventLoop()).create(() -> {})));
        return channel;
    }

    @Override
    public void established(ChannelHandlerContext tls, TlsInfo info, long nanos) {
        throw new AssertionError("nobody finishes here");
    }

    @Override
    public void passThrough(ChannelHandlerContext tls, String backend, String serverName, ByteBuf bytes) {
        throw new AssertionError("nobody is passed through here");
    }

    @Override
    public void plainHttp(ChannelHandlerContext tls, ByteBuf bytes) {
        throw new AssertionError("nobody speaks HTTP here");
    }

    @Override
    public void failed(ChannelHandlerContext tls, HandshakeFailure reason, String detail) {
        failures.add(reason);
    }

    private static ByteBuf direct(byte[] bytes) {
        return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
    }

    @Test
    void aResetMetWhileSendingTheAlertIsNotASecondFailure() {
        EmbeddedChannel channel = channel(true);
        channel.writeInbound(
                direct(new HelloBytes().versions(0x0303).ciphers(0x000a).record()));
        channel.checkException();
        assertThat(failures).hasSize(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aResetMetWhileSendingTheFlightIsOneFailure() {
        EmbeddedChannel channel = channel(true);
        channel.writeInbound(direct(new HelloBytes().record()));
        channel.checkException();
        assertThat(failures).containsExactly(HandshakeFailure.RESET);
    }

    @Test
    void helloInHeapMemoryIsCopied() {
        EmbeddedChannel channel = channel(false);
        channel.writeInbound(Unpooled.wrappedBuffer(new HelloBytes().record()));
        ByteBuf flight = channel.readOutbound();
        assertThat(flight.getByte(0)).isEqualTo((byte) 22);
        flight.release();
        channel.finishAndReleaseAll();
        assertThat(failures).containsExactly(HandshakeFailure.CLIENT_CLOSED);
    }

    @Test
    void certificatesFreedUnderAConnectionAreAnInternalFailureAndNoCrash() {
        store.release();
        certificate.release();
        EmbeddedChannel channel = channel(false);
        channel.writeInbound(direct(new HelloBytes().record()));
        store = null;
        assertThat(failures).containsExactly(HandshakeFailure.INTERNAL);
        channel.finishAndReleaseAll();
    }

    @Test
    void aContextFreedUnderAConnectionIsAnInternalFailureAndNoCrash() {
        context.release();
        EmbeddedChannel channel = channel(false);
        channel.writeInbound(direct(new HelloBytes().record()));
        assertThat(failures).containsExactly(HandshakeFailure.INTERNAL);
        channel.finishAndReleaseAll();
    }

    @Test
    void ticketCountsMayBeAskedForAfterTheContextIsGone() {
        TicketCounters counters = context.ticketCounters();
        assertThat(counters.issued()).isZero();
        context.release();
        assertThat(counters.issued() + counters.resumed() + counters.renewed() + counters.rejected())
                .isZero();
    }

    @Test
    void aSessionThrowsAfterItsEndInsteadOfTouchingFreedMemory() {
        TlsSession session = new TlsSession(context);
        session.free();
        session.free();
        ByteBuf buffer = Unpooled.directBuffer(100).writeZero(50);
        assertThat(List.<Runnable>of(
                        session::handshake,
                        session::hasPendingOutput,
                        session::shutdownOutput,
                        session::remainingInput,
                        () -> session.offerInput(buffer),
                        () -> session.beginOutput(buffer),
                        () -> session.endOutput(buffer),
                        () -> session.decrypt(buffer),
                        () -> session.encrypt(buffer),
                        () -> session.info(null)))
                .allSatisfy(call -> org.assertj.core.api.Assertions.assertThatThrownBy(call::run)
                        .isInstanceOf(Exception.class));
        buffer.release();
    }
}
