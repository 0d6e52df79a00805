/**
 * How log lines look: one line per event on stderr, as text or as JSON.
 *
 * <p>{@link io.portward.server.logging.Logging} puts the operator's choice into effect. Threading: layouts are stateless.
 */
@NullMarked
package io.portward.server.logging;

import org.jspecify.annotations.NullMarked;
