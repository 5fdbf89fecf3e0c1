//! A copy of the newest snapshot in Neo4j.
