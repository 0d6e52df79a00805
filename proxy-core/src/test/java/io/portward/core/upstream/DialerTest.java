package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import io.portward.config.model.ServerConfig;
import io.portward.core.transport.Transport;
import io.portward.testkit.RecordingObserver;
import io.portward.testkit.ScriptedUpstream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are configured by name. */
@Timeout(30)
class DialerTest {

    private static final String BOTH = "both.test";

    private final Transport transport = Transport.open(1);

    @AfterEach
    void close() {
        transport.close().awaitUninterruptibly();
    }

    /** Knows one name, of both loopback addresses. */
    private static final class Names extends AddressResolverGroup<InetSocketAddress> {

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new InetNameResolver(executor) {
                @Override
                protected void doResolve(String name, Promise<InetAddress> promise) {
                    throw new UnsupportedOperationException("only the first address");
                }

                @Override
                protected void doResolveAll(String name, Promise<List<InetAddress>> promise) throws Exception {
                    if (name.equals(BOTH)) {
                        promise.setSuccess(List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("::1")));
                    } else {
                        promise.setFailure(new UnknownHostException(name));
                    }
                }
            }.asAddressResolver();
        }
    }

    private Channel dial(String server) throws Exception {
        try (Names names = new Names()) {
            Dialer dialer = new Dialer(transport, names, Duration.ofSeconds(5), true);
            Server config = new Server(
                    "web",
                    ServerConfig.parse(server, 1),
                    new RecordingObserver().server(server),
                    new Lifetime(),
                    new Ejections(),
                    System::nanoTime);
            var loop = transport.loops().next();
            return loop.submit(() -> dialer.dial(loop, config, ChannelInboundHandlerAdapter::new, () -> false))
                    .get()
                    .sync()
                    .getNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void findsTheServerAtWhicheverAddressOfItsNameItListensOn(String address) throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.startOn(
                address, 0, connection -> connection.in().read())) {
            Channel channel = dial(BOTH + ":" + origin.port());
            assertThat(((InetSocketAddress) channel.remoteAddress()).getAddress())
                    .isEqualTo(InetAddress.getByName(address));
            assertThat(transport.backendConnections()).hasValue(1);
            channel.close().sync();
            assertThat(transport.backendConnections()).hasValue(0);
        }
    }

    /** Checks have their own way of telling. */
    @ParameterizedTest
    @CsvSource({"true, 1", "false, 0"})
    void remembersWhichAddressAnswered(boolean forTraffic, int counted) throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.startOn(
                        "::1", 0, connection -> connection.in().read());
                Names names = new Names()) {
            Dialer dialer = new Dialer(transport, names, Duration.ofSeconds(5), forTraffic);
            String name = BOTH + ":" + origin.port();
            RecordingObserver.ServerEvents events = new RecordingObserver().server(name);
            Server server = new Server(
                    "web", ServerConfig.parse(name, 1), events, new Lifetime(), new Ejections(), System::nanoTime);
            var loop = transport.loops().next();
            for (int i = 0; i < 3; i++) {
                loop.submit(() -> dialer.dial(loop, server, ChannelInboundHandlerAdapter::new, () -> false))
                        .get()
                        .sync();
            }
            assertThat(events.connectFailures()).isEqualTo(counted);
        }
    }

    @Test
    void failsWhenNoAddressAnswers() throws Exception {
        int port = ScriptedUpstream.unusedPort();
        assertThatThrownBy(() -> dial(BOTH + ":" + port)).isInstanceOf(ConnectException.class);
        assertThat(transport.backendConnections()).hasValue(0);
    }

    @Test
    void failsWhenTheNameIsUnknown() {
        assertThatThrownBy(() -> dial("nobody.test:80")).isInstanceOf(UnknownHostException.class);
        assertThat(transport.backendConnections()).hasValue(0);
    }

    @Test
    void countsASocketFromTheMomentItIsOpened() throws Exception {
        try (ScriptedUpstream origin = ScriptedUpstream.echo();
                Names names = new Names()) {
            Dialer dialer = new Dialer(transport, names, Duration.ofSeconds(5), true);
            Server server = new Server(
                    "web",
                    ServerConfig.parse(origin.address(), 1),
                    new RecordingObserver().server(origin.address()),
                    new Lifetime(),
                    new Ejections(),
                    System::nanoTime);
            var loop = transport.loops().next();
            int opened = loop.submit(() -> {
                        for (int i = 0; i < 3; i++) {
                            dialer.dial(loop, server, ChannelInboundHandlerAdapter::new, () -> false);
                        }
                        return transport.backendConnections().get();
                    })
                    .get();
            assertThat(opened).isEqualTo(3);
        }
    }
}
