/**
 * The table of contents of the data plane: binds listeners and puts together the pipeline of each accepted connection.
 *
 * <p>{@link io.portward.core.connection.DataPlane} is the entry. Reading order: {@code DataPlane}, {@code ListenerBinder},
 * {@code ConnectionInitializer}, {@code ProtocolSelector}.
 */
@NullMarked
package io.portward.core.connection;

import org.jspecify.annotations.NullMarked;
