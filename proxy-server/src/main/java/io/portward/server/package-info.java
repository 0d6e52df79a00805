/**
 * The process: {@link io.portward.server.Main} and its commands, signals, and the order of starting and stopping.
 *
 * <p>Reading order: {@code Main}, {@code RunCommand}, {@code Foreground}, {@code ProxyProcess}. The only package that prints, exits, and knows
 * signals. Threading: everything runs on the main thread but what {@code StopSignals} starts.
 */
@NullMarked
package io.portward.server;

import org.jspecify.annotations.NullMarked;
