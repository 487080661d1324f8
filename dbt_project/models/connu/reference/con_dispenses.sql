{{ config(materialized='historique') }}
-- depends_on: {{ ref('instant') }}

select * from {{ ref('ref_dispenses') }}
