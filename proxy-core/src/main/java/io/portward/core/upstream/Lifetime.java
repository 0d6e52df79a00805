package io.portward.core.upstream;

/**
 * How near the end of the proxy is. Threading: any thread; each state is entered once and never left.
 *
 * <p>Whoever stops the proxy often stops the servers behind it with the same keystroke. What fails then is no news to anybody, and what fails
 * because the proxy itself closes its connections is no failure.
 */
final class Lifetime {

    private volatile boolean draining;
    private volatile boolean over;

    void drain() {
        draining = true;
    }

    void end() {
        draining = true;
        over = true;
    }

    boolean isDraining() {
        return draining;
    }

    boolean isOver() {
        return over;
    }
}
