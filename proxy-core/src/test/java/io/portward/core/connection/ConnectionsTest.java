package io.portward.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.PoolFixture;
import io.portward.testkit.ScriptedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients and idle backend connections at the cap. */
@Timeout(30)
class ConnectionsTest {

    /** Of which 28 may be used, and 2 more for a moment. */
    private static final long DESCRIPTORS = 32;

    private static final int CAP = 28;

    private ScriptedUpstream origin;
    private PoolFixture fixture;
    private Connections connections;
    private AtomicInteger backendConnections;
    private EventLoop here;
    private EventLoop there;

    @BeforeEach
    void start() throws Exception {
        origin = ScriptedUpstream.start(connection -> {
            while (connection.in().read() >= 0) {
                connection.readUntil("\r\n\r\n");
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        fixture = new PoolFixture(Transport.open(2), Duration.ofSeconds(5), origin.address());
        backendConnections = fixture.transport.backendConnections();
        connections = new Connections(DESCRIPTORS, Integer.MAX_VALUE, backendConnections, fixture.backends);
        here = fixture.loop;
        there = fixture.transport.loops().next();
        assertThat(there).isNotSameAs(here);
    }

    @AfterEach
    void stop() throws Exception {
        connections.open().close().awaitUninterruptibly();
        fixture.close();
        origin.close();
    }

    /** @return those that were let in */
    private List<Channel> clients(int count) throws Exception {
        return fixture.onLoop(() -> {
            List<Channel> admitted = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Channel client =
                        fixture.transport.socketChannel().getConstructor().newInstance();
                here.register(client);
                if (connections.add(client)) {
                    admitted.add(client);
                } else {
                    client.close();
                }
            }
            return admitted;
        });
    }

    @Test
    void refusesWhatIsOverTheCap() throws Exception {
        assertThat(clients(CAP + 5)).hasSize(CAP);
    }

    @Test
    void refusesWhatIsOverTheOperatorsCap() throws Exception {
        connections = new Connections(DESCRIPTORS, 3, backendConnections, fixture.backends);
        List<Channel> admitted = clients(5);
        assertThat(admitted).hasSize(3);
        admitted.get(0).close().awaitUninterruptibly();
        assertThat(clients(5)).hasSize(1);
    }

    @Test
    void idleConnectionsOfTheSameLoopGiveWayToClientsAtOnce() throws Exception {
        fixture.makeIdle(here, 20);
        assertThat(clients(CAP - 20)).hasSize(CAP - 20);
        assertThat(backendConnections).hasValue(20);
        // One for one, never more in use than may be.
        assertThat(clients(5)).hasSize(5);
        assertThat(backendConnections).hasValue(15);
        assertThat(clients(20)).hasSize(15);
        assertThat(backendConnections).hasValue(0);
    }

    @Test
    void idleConnectionsOfAnotherLoopGiveWayToo() throws Exception {
        fixture.makeIdle(there, 20);
        List<Channel> admitted = new ArrayList<>(clients(CAP - 20));
        await().untilAsserted(() -> {
            admitted.addAll(clients(CAP - admitted.size()));
            assertThat(admitted).hasSize(CAP);
        });
        await().until(() -> backendConnections.get() == 0);
        assertThat(clients(1)).isEmpty();
    }

    @Test
    void descriptorsHoldOutWhenTheOtherLoopIsBusy() throws Exception {
        fixture.makeIdle(there, 20);
        CountDownLatch busy = new CountDownLatch(1);
        there.submit(() -> busy.await(20, TimeUnit.SECONDS));
        assertThat(clients(CAP)).hasSize(CAP - 20 + 2);
        busy.countDown();
        assertThat(there.submit(backendConnections::get).get(5, TimeUnit.SECONDS))
                .isEqualTo(18);
    }

    @Test
    void connectionsInUseGiveWayToNobody() throws Exception {
        fixture.makeIdle(here, 20);
        for (int i = 0; i < 20; i++) {
            fixture.acquire().get(5, TimeUnit.SECONDS);
        }
        assertThat(clients(CAP)).hasSize(CAP - 20);
        assertThat(backendConnections).hasValue(20);
    }
}
