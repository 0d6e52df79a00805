package io.portward.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.portward.core.transport.Transport;
import io.portward.core.upstream.PoolFixture.Asked;
import io.portward.testkit.ScriptedUpstream;
import io.portward.testkit.UnansweredPort;
import java.time.Duration;
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
}
