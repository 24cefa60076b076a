"""What RQ workers run: ids in, one use case each, safe to run twice."""
