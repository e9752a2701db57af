//! What the leader knows of all objects together: who claims what, and who uses whose LOA.

pub mod claims;
pub mod loa_uses;
