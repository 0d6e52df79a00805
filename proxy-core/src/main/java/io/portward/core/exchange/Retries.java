package io.portward.core.exchange;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpMethod;
import io.portward.core.error.ErrorKind;
import io.portward.core.http.RequestRules;
import io.portward.core.upstream.BackendPool;
import io.portward.core.upstream.Upstream;

/** Whether and where one request that got no answer is sent again. Threading: the event loop. */
final class Retries {

    private boolean renewed;
    private int attempts;

    /**
     * Whether it does no harm: the server has said that it did nothing, or it may have acted but the method is idempotent and no body comes with it.
     *
     * @param hasBody whether there is more than the head, which can be written again from the same object
     * @param bodyPassed whether anything of the body was passed on, so that it is not there any more
     */
    static boolean isSafe(Upstream failed, ErrorKind kind, HttpMethod method, boolean hasBody, boolean bodyPassed) {
        if (failed.isUnprocessed()) {
            return !bodyPassed;
        }
        return kind == ErrorKind.UPSTREAM_UNREACHABLE
                && failed.resetCode() < 0
                && !failed.isResponseBegun()
                && !hasBody
                && RequestRules.isIdempotent(method);
    }

    /** @return false when there is nowhere to send it */
    boolean sendAgain(EventLoop loop, Upstream failed, BackendPool servers, BackendPool.HttpWaiter waiter) {
        if ((failed.isReused() || failed.isUnprocessed()) && !renewed) {
            // The server closed an idle connection while the request was on its way (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
            renewed = true;
            servers.acquire(loop, true, waiter);
            return true;
        }
        return attempts++ < servers.config().retries().attempts() && servers.retryElsewhere(loop, failed, waiter);
    }
}
