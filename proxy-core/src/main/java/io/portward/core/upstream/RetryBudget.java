package io.portward.core.upstream;

/**
 * How many more requests may be sent a second time. Every request adds its share; when servers have trouble together, the retries stop before they
 * make it worse.
 *
 * <p>Threading: one event loop. Each loop has its own, which in sum is the same share without a counter that all of them write.
 */
final class RetryBudget {

    /** In hundredths, as percent go. */
    private static final int ONE_RETRY = 100;

    /** What can be saved up, and what there is at the start: a restart of a server behind little traffic must not fail requests. */
    private static final int MOST = 10 * ONE_RETRY;

    private final int percent;
    private int saved;

    RetryBudget(int percent) {
        this.percent = percent;
        this.saved = percent == 0 ? 0 : MOST;
    }

    void addRequest() {
        saved = Math.min(MOST, saved + percent);
    }

    /** @return false when there is nothing left */
    boolean take() {
        if (saved < ONE_RETRY) {
            return false;
        }
        saved -= ONE_RETRY;
        return true;
    }
}
