-- The steps of the way to a job, all publics together.
select
    trimestre,
    niveau,
    code,
    public as code_public,
    indicateur,
    flux,
    cumul,
    nb_repondants,
    nb_attendus,
    nb_reportes,
    nb_cumuls_incomplets,
    nb_flux_pluri_trimestres
from marts.bilan_beneficiaires
where trimestre = %(trimestre)s and niveau = 'france' and public = 'ensemble' and sexe = 'T'
order by array_position(%(indicateurs_beneficiaires)s::text[], indicateur)
