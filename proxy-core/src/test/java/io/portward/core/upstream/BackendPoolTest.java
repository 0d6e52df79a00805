package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.PoolFixture.Asked;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.UnansweredPort;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BackendPoolTest {

    /** Leaves as soon as dialling has begun. */
    private static Asked leaveWhileDialling(PoolFixture fixture, boolean http) throws Exception {
        Asked asked = new Asked();
        return fixture.onLoop(() -> {
            if (http) {
                fixture.pool().acquire(fixture.loop, false, asked);
            } else {
                fixture.pool().connect(fixture.loop, ChannelInboundHandlerAdapter::new, asked);
            }
            asked.over = true;
            return asked;
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void triesNoFurtherServerForAClientThatHasLeft(boolean http) throws Exception {
        try (UnansweredPort dead = new UnansweredPort();
                ScriptedUpstream alive = ScriptedUpstream.echo();
                PoolFixture fixture =
                        new PoolFixture(Transport.open(1), Duration.ofMillis(300), dead.address(), alive.address())) {
            Asked asked = leaveWhileDialling(fixture, http);
            await().until(() -> fixture.observer.server(dead.address()).connectFailures() == 1);
            // What the failure led to has happened when the loop comes to this.
            assertThat(fixture.onLoop(fixture.transport.backendConnections()::get))
                    .isZero();
            assertThat(asked).isNotDone();
            assertThat(fixture.observer.server(alive.address()).active()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closesWhatIsConnectedWhenNobodyWaitsAnyMore(boolean http) throws Exception {
        try (ScriptedUpstream alive = ScriptedUpstream.echo();
                PoolFixture fixture = new PoolFixture(alive.address())) {
            Asked asked = leaveWhileDialling(fixture, http);
            await().until(() -> alive.accepted() == 1);
            await().until(() -> fixture.onLoop(fixture.transport.backendConnections()::get) == 0);
            assertThat(asked).isNotDone();
            assertThat(fixture.observer.server(alive.address()).active()).isZero();
        }
    }

    private static ScriptedUpstream answering() throws IOException {
        return ScriptedUpstream.start(connection -> {
            while (connection.in().read() >= 0) {
                connection.readUntil("\r\n\r\n");
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
    }

    @Test
    void closesAnIdleConnectionAfterItsTime() throws Exception {
        Duration idle = Duration.ofMillis(500);
        try (ScriptedUpstream origin = answering();
                PoolFixture fixture =
                        new PoolFixture(Transport.open(1), Duration.ofSeconds(5), idle, origin.address())) {
            Channel used = fixture.makeIdle(1).get(0);
            long from = System.nanoTime();
            assertThat(fixture.makeIdle(1)).containsExactly(used);
            used.closeFuture().get(5, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThanOrEqualTo(idle);
            await().until(() -> fixture.backends.idleConnections() == 0);
            assertThat(fixture.observer.server(origin.address()).active()).isZero();
        }
    }

    /** The server has left, but the event loop was too busy to hear of it: the kernel is asked. */
    @Test
    void doesNotHandOutWhatTheServerHasClosedUnnoticed() throws Exception {
        CountDownLatch leave = new CountDownLatch(1);
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    if (connection.in().read() >= 0) {
                        connection.readUntil("\r\n\r\n");
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                        leave.await();
                    }
                });
                PoolFixture fixture = new PoolFixture(origin.address())) {
            Channel used = fixture.makeIdle(1).get(0);
            // Younger ones are not looked at.
            await().pollDelay(Duration.ofMillis(600)).until(() -> true);
            Asked asked = new Asked();
            fixture.onLoop(() -> {
                leave.countDown();
                await().pollInSameThread().until(() -> isLeft((EpollSocketChannel) used));
                fixture.pool().acquire(fixture.loop, false, asked);
                return null;
            });
            assertThat(asked.await()).isNotSameAs(used);
            await().until(() -> origin.accepted() == 2);
        }
    }

    /** linux/tcp_states.h: no longer ESTABLISHED. */
    private static boolean isLeft(EpollSocketChannel channel) {
        return channel.tcpInfo().state() != 1;
    }

    @Test
    void countsWhatWaitsIdle() throws Exception {
        try (ScriptedUpstream origin = answering();
                PoolFixture fixture = new PoolFixture(origin.address())) {
            fixture.makeIdle(3);
            assertThat(fixture.backends.idleConnections()).isEqualTo(3);
            Channel taken = fixture.acquire().await();
            assertThat(fixture.backends.idleConnections()).isEqualTo(2);
            taken.close();
            assertThat(fixture.onLoop(fixture.backends::idleConnections)).isEqualTo(2);
        }
        // The server's farewell counts too.
        ScriptedUpstream leaving = answering();
        try (PoolFixture fixture = new PoolFixture(leaving.address())) {
            fixture.makeIdle(2);
            leaving.close();
            await().until(() -> fixture.backends.idleConnections() == 0);
        }
    }

    @Test
    void givesUpTheOldestFirstAndNoMoreThanNeeded() throws Exception {
        try (ScriptedUpstream origin = answering();
                PoolFixture fixture = new PoolFixture(origin.address())) {
            List<Channel> idle = fixture.makeIdle(3);
            AtomicInteger open = fixture.transport.backendConnections();
            assertThat(open).hasValue(3);
            fixture.backends.giveUpIdle(() -> open.get() > 1);
            await().until(() -> open.get() == 1);
            assertThat(fixture.backends.idleConnections()).isEqualTo(1);
            assertThat(idle).filteredOn(Channel::isOpen).containsExactly(idle.get(2));
            // On the loop itself it has happened when the call returns.
            assertThat(fixture.onLoop(() -> {
                        fixture.backends.giveUpIdle(() -> true);
                        return open.get();
                    }))
                    .isZero();
        }
    }
}
